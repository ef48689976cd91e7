<?php

/**
 * The main job, done by PHP's SoapClient as another developer's program would do it:
 * find a customer, invoice it, read the invoice back, record a payment, see the VAT report before and after.
 *
 *     php main_job.php http://127.0.0.1:8080/api/service.asmx
 *
 * Prints one JSON object. The lines go the way of KashFlow's older operations: anyType with xsi:type="InvoiceLine".
 */

declare(strict_types=1);

const CREDENTIALS = ['UserName' => 'demo', 'Password' => 'demo'];
const QUARTER = ['StartDate' => '2026-10-01T00:00:00', 'EndDate' => '2026-12-31T00:00:00'];

$address = $argv[1];
$client = new SoapClient("$address?WSDL", [
    'cache_wsdl' => WSDL_CACHE_NONE,
    'location' => $address,
    'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
]);

/** One call; KashFlow says NO in band, so Status is looked at before the result. */
function ask(string $operation, array $parameters = []): mixed
{
    global $client;
    $answer = $client->__soapCall($operation, [$parameters + CREDENTIALS]);
    if ($answer->Status !== 'OK') {
        throw new RuntimeException("$operation: $answer->StatusDetail");
    }
    return $answer->{"{$operation}Result"} ?? null;
}

/** The words by which KashFlow refuses a call, and those of a fault. */
function refusal(string $operation, array $parameters): string
{
    try {
        ask($operation, $parameters);
    } catch (SoapFault $fault) {
        return "$fault->faultcode: $fault->faultstring";
    } catch (RuntimeException $no) {
        return $no->getMessage();
    }
    return '';
}

/** The first row that fits. */
function first(array $rows, string $member, mixed $value): object
{
    return array_values(array_filter($rows, fn (object $row): bool => $row->$member === $value))[0];
}

/** A line that carries its type on the wire. */
function line(int $nominal, string $description, string $quantity, string $rate, string $vatRate, string $vat): SoapVar
{
    return new SoapVar([
        'Quantity' => $quantity,
        'Description' => $description,
        'Rate' => $rate,
        'ChargeType' => $nominal,
        'VatRate' => $vatRate,
        'VatAmount' => $vat,
        'ProductID' => 0,
        'Sort' => 0,
        'ProjID' => 0,
        'LineID' => 0,
    ], SOAP_ENC_OBJECT, 'InvoiceLine', 'KashFlow');
}

function boxes(object $report): array
{
    $boxes = [];
    foreach ([1, 3, 4, 5, 6, 7] as $number) {
        $boxes["box_$number"] = (float) $report->{"Box$number"};
    }
    return $boxes;
}

function shown(object $line): array
{
    return [
        'description' => $line->Description,
        'quantity' => (float) $line->Quantity,
        'rate' => (float) $line->Rate,
        'vat_rate' => (float) $line->VatRate,
        'vat' => (float) $line->VatAmount,
    ];
}

$customers = ask('GetCustomers')->Customer;
$customer = first($customers, 'Name', 'Café Zoë');
$sales = first(ask('GetNominalCodesExtended')->NominalCodeExtended, 'Code', 4000);
$account = ask('GetBankAccounts')->BankAccount[0];
$method = ask('GetInvPayMethods')->PaymentMethod[0];

$before = boxes(ask('GetVATReport', QUARTER));

$number = ask('InsertInvoice', ['Inv' => [
    'InvoiceDBID' => 0,
    'InvoiceNumber' => 0,
    'InvoiceDate' => '2026-11-03T00:00:00',
    'DueDate' => '2026-12-03T00:00:00',
    'CustomerID' => $customer->CustomerID,
    'Paid' => 0,
    'CustomerReference' => 'php & soap <1>',
    'SuppressTotal' => 0,
    'ProjectID' => 0,
    'CurrencyCode' => 'GBP',
    'ExchangeRate' => 1,
    'Lines' => ['anyType' => [
        line($sales->id, 'Menu design “autumn”', '3', '8.33', '20', '5.00'),
        line($sales->id, 'Parking paid for you', '1', '12.50', '-1', '0'),
    ]],
    'NetAmount' => 0,
    'VATAmount' => 0,
    'AmountPaid' => 0,
    'UseCustomDeliveryAddress' => false,
    'CISRCNetAmount' => null,
    'CISRCVatAmount' => null,
    'IsCISReverseCharge' => null,
]]);

$typed = ask('GetInvoice_TypeDefined', ['InvoiceNumber' => $number]);
$untyped = ask('GetInvoice', ['InvoiceNumber' => $number]);

$payment = ask('InsertInvoicePayment', ['InvoicePayment' => [
    'PayID' => 0,
    'PayInvoice' => $number,
    'PayDate' => '2026-11-20T00:00:00',
    'PayNote' => 'half of it',
    'PayMethod' => $method->MethodID,
    'PayAccount' => $account->AccountID,
    'PayAmount' => '20.00',
]]);
$payments = ask('GetInvoicePayment', ['InvoiceNumber' => $number])->Payment;

$after = boxes(ask('GetVATReport', QUARTER));

echo json_encode([
    'customers' => count($customers),
    'customer' => ['id' => $customer->CustomerID, 'code' => $customer->Code, 'name' => $customer->Name],
    'number' => $number,
    'invoice' => [
        'id' => $typed->InvoiceDBID,
        'customer_code' => $typed->Customer,
        'reference' => $typed->CustomerReference,
        'net' => (float) $typed->NetAmount,
        'vat' => (float) $typed->VATAmount,
        'lines' => array_map(shown(...), $typed->Lines->InvoiceLine),
        'lines_of_any_type' => array_map(
            fn (mixed $line): array => shown($line instanceof SoapVar ? $line->enc_value : $line),
            $untyped->Lines->anyType,
        ),
    ],
    'payment' => $payment,
    'payments' => array_map(
        fn (object $row): array => ['id' => $row->PayID, 'amount' => (float) $row->PayAmount, 'note' => $row->PayNote],
        $payments,
    ),
    'vat_before' => $before,
    'vat_after' => $after,
    'refused' => refusal('GetCustomer', ['Password' => 'wrong', 'CustomerCode' => 'ANY']),
    'fault' => refusal('GetVATReport', ['StartDate' => '2026-08-18 10:53:48 UTC'] + QUARTER),
], JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES), "\n";
