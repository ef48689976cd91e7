/**
 * The main job, done by node-soap as another developer's program would do it:
 * find a customer, invoice it, read the invoice back, record a payment, see the VAT report before and after.
 *
 *     node main_job.mjs http://127.0.0.1:8080/api/service.asmx
 *
 * Prints one JSON object. KF_MCP_NODE_MODULES names the node_modules directory where it does not lie beside this file.
 */

import { createRequire } from "node:module";
import path from "node:path";

const elsewhere = process.env.KF_MCP_NODE_MODULES;
const soap = createRequire(import.meta.url)(elsewhere ? path.resolve(elsewhere, "soap") : "soap");

const address = process.argv[2];
const credentials = { UserName: "demo", Password: "demo" };

const client = await soap.createClientAsync(`${address}?WSDL`);
client.setEndpoint(address);

/** One call; KashFlow says NO in band, so Status is looked at before the result. */
async function ask(operation, parameters = {}) {
  const [answer] = await client[`${operation}Async`]({ ...credentials, ...parameters });
  if (answer.Status !== "OK") {
    throw new Error(`${operation}: ${answer.StatusDetail}`);
  }
  return answer[`${operation}Result`];
}

/** The items of a wrapped list: node-soap gives nothing for an empty one and a bare item for one of one. */
function items(wrapper, name) {
  return [wrapper?.[name] ?? []].flat();
}

/** The words by which KashFlow refuses a call, and those of a fault. */
async function refusal(operation, parameters) {
  try {
    await ask(operation, parameters);
  } catch (error) {
    return error.message;
  }
  return "";
}

const quarter = { StartDate: "2026-10-01T00:00:00", EndDate: "2026-12-31T00:00:00" };
const boxes = (report) => Object.fromEntries([1, 3, 4, 5, 6, 7].map((n) => [`box_${n}`, Number(report[`Box${n}`])]));

const customers = items(await ask("GetCustomers"), "Customer");
const customer = customers.find((row) => row.Name === "Café Zoë");
const nominals = items(await ask("GetNominalCodesExtended"), "NominalCodeExtended");
const sales = nominals.find((row) => Number(row.Code) === 4000);
const [account] = items(await ask("GetBankAccounts"), "BankAccount");
const [method] = items(await ask("GetInvPayMethods"), "PaymentMethod");

const before = boxes(await ask("GetVATReport", quarter));

const line = (description, quantity, rate, vatRate, vatAmount) => ({
  Quantity: quantity,
  Description: description,
  Rate: rate,
  ChargeType: sales.id,
  VatRate: vatRate,
  VatAmount: vatAmount,
  ProductID: 0,
  Sort: 0,
  ProjID: 0,
  LineID: 0,
});

const number = await ask("InsertInvoice_TypeDefined", {
  Inv_TD: {
    InvoiceDBID: 0,
    InvoiceNumber: 0,
    InvoiceDate: "2026-11-03T00:00:00",
    DueDate: "2026-12-03T00:00:00",
    CustomerID: customer.CustomerID,
    Paid: 0,
    CustomerReference: "node & soap <1>",
    SuppressTotal: 0,
    ProjectID: 0,
    CurrencyCode: "GBP",
    ExchangeRate: 1,
    Lines: {
      InvoiceLine: [
        line("Menu design “autumn”", "3", "8.33", "20", "5.00"),
        line("Parking paid for you", "1", "12.50", "-1", "0"),
      ],
    },
    NetAmount: 0,
    VATAmount: 0,
    AmountPaid: 0,
    CISRCNetAmount: 0,
    CISRCVatAmount: 0,
    IsCISReverseCharge: false,
  },
});

const typed = await ask("GetInvoice_TypeDefined", { InvoiceNumber: number });
const untyped = await ask("GetInvoice", { InvoiceNumber: number });

const payment = await ask("InsertInvoicePayment", {
  InvoicePayment: {
    PayID: 0,
    PayInvoice: number,
    PayDate: "2026-11-20T00:00:00",
    PayNote: "half of it",
    PayMethod: method.MethodID,
    PayAccount: account.AccountID,
    PayAmount: "20.00",
  },
});
const payments = items(await ask("GetInvoicePayment", { InvoiceNumber: number }), "Payment");

const after = boxes(await ask("GetVATReport", quarter));

const readLine = (row) => ({
  description: row.Description,
  quantity: Number(row.Quantity),
  rate: Number(row.Rate),
  vat_rate: Number(row.VatRate),
  vat: Number(row.VatAmount),
});

console.log(
  JSON.stringify({
    customers: customers.length,
    customer: { id: Number(customer.CustomerID), code: customer.Code, name: customer.Name },
    number: Number(number),
    invoice: {
      id: Number(typed.InvoiceDBID),
      customer_code: typed.Customer,
      reference: typed.CustomerReference,
      net: Number(typed.NetAmount),
      vat: Number(typed.VATAmount),
      lines: items(typed.Lines, "InvoiceLine").map(readLine),
      lines_of_any_type: items(untyped.Lines, "anyType").map(readLine),
    },
    payment: Number(payment),
    payments: payments.map((row) => ({ id: Number(row.PayID), amount: Number(row.PayAmount), note: row.PayNote })),
    vat_before: before,
    vat_after: after,
    refused: await refusal("GetCustomer", { Password: "wrong", CustomerCode: "ANY" }),
    fault: await refusal("GetVATReport", { ...quarter, StartDate: "2026-08-18 10:53:48 UTC" }),
  }),
);
