# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fields that BILL has as texts, by endpoint. YAML turns an unquoted value of such a field into another value.

Private to bill.connect. This file contains only fields that BILL documents, or that were observed. The comment before each row names the
source. A field that is not here may have any type, unless its name is one of those in ``text_check.py``.

How a field is written: a dot goes into an object, and lists do not count. So ``rules.values`` is each element of ``values`` in each element of
``rules``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class TextFields:
    """The text fields of some endpoints: of their bodies, of the filters of their lists, and of their queries.

    ``paths`` are separated by blanks. ``more_filters`` are the names in filters that the bodies do not have.
    """

    paths: str
    body: frozenset[str] = frozenset()
    more_filters: frozenset[str] = frozenset()
    query: frozenset[str] = frozenset()

    @property
    def filters(self) -> frozenset[str]:
        """The names in filters. Documented by BILL: they are the names of the fields."""
        return self.body | self.more_filters | _ALWAYS


def _of(names: str) -> frozenset[str]:
    return frozenset(names.split())


def _in(place: str, names: Iterable[str]) -> frozenset[str]:
    return frozenset(f"{place}.{name}" for name in names)


# Documented by BILL: the identifiers of all objects are texts.
_ALWAYS = frozenset({"id"})

# Documented by BILL (reference/createvendor and its samples): the address object. Vendors, customers and organizations have it.
_ADDRESS = _of("line1 line2 city stateOrProvince zipOrPostalCode country")

# Documented by BILL (reference/createvendorbankaccount and its samples; changelog of 2026-05-21).
_BANK_ACCOUNT = _of(
    "nameOnAccount accountNumber routingNumber type ownerType paymentCurrency regulatoryFields.name regulatoryFields.value"
)

# Documented by BILL (filterable-fields): the classifications of bills, invoices and their line items are identifiers.
_CLASSIFICATIONS = _in("classifications", _of("chartOfAccountId accountingClassId departmentId locationId itemId"))

# Documented by BILL (reference/createvendor, updatevendor; filterable-fields for paymentStatus).
_VENDOR = (
    _of("name shortName accountNumber accountType email phone billCurrency autoPay.bankAccountId")
    | _in("address", _ADDRESS)
    | _in(
        "paymentInformation",
        _of("payeeName email paymentPurpose.text paymentPurpose.code.name paymentPurpose.code.value"),
    )
    | _in("paymentInformation.bankAccount", _BANK_ACCOUNT)
    | _in("additionalInfo", _of("taxId taxIdType paymentTermId companyName"))
)

# Documented by BILL (reference/createcustomer and its samples).
_CUSTOMER = (
    _of("name email companyName accountNumber accountType phone fax description paymentTermId invoiceCurrency")
    | _of("contact.firstName contact.lastName")
    | _in("billingAddress", _ADDRESS)
    | _in("shippingAddress", _ADDRESS)
)

# Documented by BILL (the pages and samples of the seven kinds).
_CLASSIFICATION = _of(
    "name firstName lastName shortName description parentId type account.type account.number purchaseDescription "
    "expenseChartOfAccountId chartOfAccountId"
)

# Documented by BILL (docs/ap-bills and its samples). The page has invoiceNumber and invoiceDate in the bill itself, the sample in
# "invoice".
_BILL = (
    _of("vendorId dueDate description payFromChartOfAccountId purchaseOrderNumber")
    | _of(
        "invoiceNumber invoiceDate invoice.invoiceNumber invoice.invoiceDate billLineItems.id billLineItems.description"
    )
    | _CLASSIFICATIONS
    | _in("billLineItems", _CLASSIFICATIONS)
)

# Documented by BILL (reference/createinvoice and its samples). Observed: customer.id.
_INVOICE = (
    _of(
        "customer.id customer.name customer.email invoiceNumber invoiceDate dueDate payToChartOfAccountId salesTaxItemId"
    )
    | _of("invoiceLineItems.id invoiceLineItems.description")
    | _CLASSIFICATIONS
    | _in("invoiceLineItems", _CLASSIFICATIONS)
)

# Documented by BILL (the page of payments, and sortable-fields).
_PAYMENT = _of("vendorId billId processDate description")

# Documented by BILL (reference/createbankaccount): all required fields of an organization's bank account.
_FUNDING_ACCOUNT = _of("nameOnAccount type ownerType bankName routingNumber accountNumber chartOfAccountId")

_ROWS = (
    # Documented by BILL (reference/login): the types of all fields.
    TextFields("/v3/login", _of("devKey username organizationId password consoleApiToken rememberMeId device")),
    # Documented by BILL (reference/partnerlogin, loginasuser).
    TextFields("/v3/partner/login", _of("appKey username password")),
    TextFields("/v3/partner/login-as-user", _of("userId organizationId rememberMeId device")),
    # Documented by BILL (the pages of the MFA operations): a code has six digits. As a number it would lose the zeros at its beginning.
    TextFields("/v3/mfa/setup", _of("phone type")),
    TextFields("/v3/mfa/setup/validate /v3/mfa/validate", _of("setupId type token")),
    TextFields("/v3/mfa/challenge/validate", _of("challengeId token device machineName")),
    TextFields("/v3/mfa/step-up", _of("rememberMeId device")),
    TextFields("/v3/vendors /v3/vendors/bulk /v3/vendors/{vendorId}", _VENDOR, _of("paymentStatus")),
    TextFields("/v3/vendors/{vendorId}/bank-account", _BANK_ACCOUNT),
    # Documented by BILL: all three are codes, such as the country NO.
    TextFields("/v3/vendors/configuration/international-payments", query=_of("country billCurrency accountType")),
    TextFields("/v3/customers /v3/customers/{customerId}", _CUSTOMER, _of("paymentStatus address.country")),
    # Documented by BILL (docs/customer-contacts).
    TextFields(
        "/v3/customers/{customerId}/contacts /v3/customers/{customerId}/contacts/{contactId}",
        _of("firstName lastName email phone altPhone alternateEmail"),
    ),
    # Documented by BILL (llms.txt): the nickname and the type of the owner. The other fields are those of every bank account.
    TextFields(
        "/v3/customers/{customerId}/bank-accounts /v3/customers/{customerId}/bank-accounts/{bankAccountId}",
        _BANK_ACCOUNT | _of("nickname"),
    ),
    TextFields(
        "/v3/classifications/{kind} /v3/classifications/{kind}/bulk /v3/classifications/{kind}/{id}",
        _CLASSIFICATION | _ALWAYS,
    ),
    # Documented by BILL: the identifiers are in the query.
    TextFields(
        "/v3/classifications/{kind}/bulk/archive /v3/classifications/{kind}/bulk/restore "
        "/v3/vendor-credits/bulk/archive /v3/credit-memos/bulk/archive /v3/credit-memos/bulk/restore",
        query=_of("ids"),
    ),
    # Documented by BILL (docs/payment-terms).
    TextFields(
        "/v3/organizations/{organizationId}/payment-terms /v3/organizations/{organizationId}/payment-terms/{id}",
        _of("name"),
    ),
    # Documented by BILL (reference/updateorganization).
    TextFields(
        "/v3/organizations/{organizationId}",
        _of(
            "name phone taxId taxIdType industry businessCategory accountType companyOwner.name companyOwner.dateOfBirth"
        )
        | _in("address", _ADDRESS)
        | _in("mailingAddress", _ADDRESS),
    ),
    # Documented by BILL (reference/createorganizationuser, and the sample of a user).
    TextFields("/v3/users /v3/users/{userId}", _of("firstName lastName email roleId")),
    # Documented by BILL (the samples of approval policies): the values are texts, as in ["1000"].
    # Its changelog has the first path, and its collection of requests has the second.
    TextFields(
        "/v3/bill-approvals /v3/bill-approvals/policies /v3/bill-approvals/policies/{policyId}",
        _of("policyName rules.key rules.op rules.values approvers"),
    ),
    TextFields(
        "/v3/funding-accounts/banks /v3/funding-accounts/banks/{bankAccountId}", _FUNDING_ACCOUNT, _of("status")
    ),
    TextFields("/v3/funding-accounts/cards", query=_of("cardUserStatus")),
    TextFields("/v3/bills /v3/bills/bulk /v3/bills/{billId}", _BILL, _of("paymentStatus approvalStatus")),
    TextFields("/v3/invoices /v3/invoices/{invoiceId}", _INVOICE, _of("customerId status")),
    # Documented by BILL (the page of recurring bills).
    TextFields(
        "/v3/recurringbills /v3/recurringbills/{recurringBillId}",
        _of("vendorId description schedule.nextDueDate schedule.endDate recurringBillLineItems.description"),
    ),
    # Documented by BILL (the samples of vendor credits).
    TextFields(
        "/v3/vendor-credits /v3/vendor-credits/bulk /v3/vendor-credits/{vendorCreditId}",
        _of("vendorId referenceNumber creditDate vendorCreditLineItems.description"),
    ),
    TextFields(
        "/v3/payments /v3/payments/bulk",
        _PAYMENT,
        _of("status transactionNumber confirmationNumber disbursementStatus"),
    ),
    # Documented by BILL (attachments and documents): the name of the file, with its extension, and the identifiers of uploads.
    TextFields(
        "/v3/attachments/vendors/{vendorId} /v3/attachments/customers/{customerId} /v3/attachments/invoices/{invoiceId} "
        "/v3/documents/bills/{billId}",
        query=_of("name"),
    ),
    TextFields("/v3/documents/upload-status", query=_of("ids")),
    # Documented by BILL (the reference of the webhooks API, and its samples): the version is a text, as in "1".
    TextFields(
        "/connect-events/v3/subscriptions /connect-events/v3/subscriptions/{id}",
        _of("name status.reason events.type events.version notificationUrl"),
    ),
    TextFields("/connect-events/v3/subscriptions/{id}/test", _of("eventType version")),
    TextFields("/connect-events/v3/events/subscription/{id}", query=_of("entityId createdTimeFrom createdTimeTo")),
    # Documented by BILL (the pages of Spend & Expense, and llms.txt): names, e-mail addresses, dates, enumerations and identifiers.
    TextFields("/v3/spend/users /v3/spend/users/{userId}", _of("firstName lastName email role dateOfBirth")),
    TextFields(
        "/v3/spend/budgets /v3/spend/budgets/{budgetId}",
        _of("name description recurringInterval expirationDate timezone parentBudgetId shareFunds"),
        _of("budgetIds"),
    ),
    TextFields(
        "/v3/spend/budgets/{budgetId}/members/{userId} /v3/spend/budgets/{budgetId}/members/bulk", _of("userId role")
    ),
    TextFields(
        "/v3/spend/cards /v3/spend/cards/{cardId}",
        _of("name userId budgetId expirationDate"),
        _of("status cardIds userIds budgetIds types"),
        _of("reason"),
    ),
    TextFields(
        "/v3/spend/custom-fields /v3/spend/custom-fields/{customFieldId}",
        _of("name description values selectedBudgetIds requiredBudgetIds"),
    ),
    TextFields("/v3/spend/custom-fields/{customFieldId}/values", _of("values customFieldValueIds")),
    TextFields(
        "/v3/spend/reimbursements /v3/spend/reimbursements/{reimbursementId}",
        _of("userId budgetId note merchantName occurredDate customFields.customFieldId"),
        _of("reimbursementIds budgetIds userIds customFieldValueIds type"),
    ),
    # Documented by BILL (its collection of requests): the address of the upload, and the name of the file.
    TextFields(
        "/v3/spend/reimbursements/{reimbursementId}/receipts /v3/spend/transactions/{transactionId}/receipts",
        _of("url filename"),
    ),
    TextFields("/v3/spend/transactions", more_filters=_of("syncStatus")),
    # Observed by a third party: a single text with an identifier. Free text goes into the note.
    TextFields(
        "/v3/spend/transactions/{transactionId}/custom-fields",
        _of("customFieldId selectedValues note") | _in("customFields", _of("customFieldId selectedValues note")),
    ),
)


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("/".join("[^/]+" if part.startswith("{") else re.escape(part) for part in path.split("/")))


# A complete path comes before a path with a placeholder, as /v3/vendors/bulk before /v3/vendors/{vendorId}.
_BY_PATH = sorted(
    ((path.count("{"), path, _pattern(path), row) for row in _ROWS for path in row.paths.split()),
    key=lambda each: each[:2],
)
_UNKNOWN = TextFields("")


def text_fields(path: str) -> TextFields:
    """The text fields of the endpoint with this path. If it is not in the table, only ``id`` in filters is a text."""
    return next((row for _count, _path, pattern, row in _BY_PATH if pattern.fullmatch(path)), _UNKNOWN)
