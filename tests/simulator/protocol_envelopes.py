"""Requests written by hand for the tests of the protocol."""

import httpx
from lxml import etree

URL = "http://kashflow.test/api/service.asmx"
SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
WHO = "<UserName>demo</UserName><Password>demo</Password>"


def envelope(operation: str, inside: str = "", who: str = WHO, namespace: str = SOAP_11) -> str:
    return (
        f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="{namespace}" {XSI}><s:Body>'
        f'<{operation} xmlns="KashFlow">{who}{inside}</{operation}></s:Body></s:Envelope>'
    )


def headers(operation: str) -> dict[str, str]:
    return {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"KashFlow/{operation}"'}


async def post(client: httpx.AsyncClient, operation: str, inside: str = "", url: str = URL, **kwargs) -> httpx.Response:
    return await client.post(url, content=envelope(operation, inside, **kwargs).encode(), headers=headers(operation))


def body_of(answer: httpx.Response) -> etree._Element:
    """What stands in the body of an answer: the response, or the fault."""
    root = etree.fromstring(answer.content)
    return root[0][0]


def members_of(answer: httpx.Response) -> dict[str, str | None]:
    """The response's own members in their order, by name without namespace."""
    return {etree.QName(child).localname: child.text for child in body_of(answer)}


def fault_of(answer: httpx.Response) -> tuple[str, str]:
    """Code and text of a fault, in either version of SOAP."""
    texts = [text for text in body_of(answer).itertext() if text.strip()]
    return texts[0], texts[1]
