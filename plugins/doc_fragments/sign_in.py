# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # The options of every task and lookup that signs in. `make generate` writes them from the table in plugin_utils/_options.
    DOCUMENTATION = r"""
options:
  # generated: options
  auth_method:
    description:
      - "How to sign in: as a user, with a token, as a partner or as an app. Variable C(bill_auth_method), environment
        E(BILL_AUTH_METHOD)."
    type: str
    choices: [password, sync_token, console_token, partner, oauth, spend_token]
    default: password
  environment:
    description:
      - "The environment of BILL: tests in the sandbox, or real money in production. Variable C(bill_environment),
        environment E(BILL_ENVIRONMENT)."
    type: str
    choices: [sandbox, production]
    default: sandbox
  api_url:
    description:
      - The address of BILL's API, without /v3. It replaces the environment. The default is the address of the
        environment. Variable C(bill_api_url), environment E(BILL_API_URL).
    type: str
  username:
    description:
      - "User Name: an e-mail address, or the name of the sync token. Used with V(password), V(sync_token),
        V(console_token) and V(partner). Variable C(bill_username), environment E(BILL_USERNAME)."
    type: str
  password:
    description:
      - Password of the user, or the value of the sync token. Used with V(password), V(sync_token) and V(partner). Secret.
        Variable C(bill_password), environment E(BILL_PASSWORD).
    type: str
  organization_id:
    description:
      - "Organization ID: begins with 008. Used with V(password), V(sync_token), V(console_token) and V(partner). Variable
        C(bill_organization_id), environment E(BILL_ORGANIZATION_ID)."
    type: str
  dev_key:
    description:
      - Developer Key. Used with V(password), V(sync_token), V(console_token) and V(partner). Secret. Variable
        C(bill_dev_key), environment E(BILL_DEV_KEY).
    type: str
    aliases: [developer_key]
  console_api_token:
    description:
      - The API token of the Accountant Console. Used with V(console_token). Secret. Variable C(bill_console_api_token),
        environment E(BILL_CONSOLE_API_TOKEN).
    type: str
  app_key:
    description:
      - The partner's app key. Used with V(partner). Secret. Variable C(bill_app_key), environment E(BILL_APP_KEY).
    type: str
  user_id:
    description:
      - "The user that the partner signs in as: begins with 006. Used with V(partner). Variable C(bill_user_id),
        environment E(BILL_USER_ID)."
    type: str
  client_id:
    description:
      - Client ID of the OAuth app. Used with V(oauth). Variable C(bill_client_id), environment E(BILL_CLIENT_ID).
    type: str
  client_secret:
    description:
      - Client secret of the OAuth app. Used with V(oauth). Secret. Variable C(bill_client_secret), environment
        E(BILL_CLIENT_SECRET).
    type: str
  token_url:
    description:
      - The complete URL of the endpoint that returns OAuth tokens. Used with V(oauth). The default is the path
        /authx/token below api_url, then at the root of the same host. Variable C(bill_token_url), environment
        E(BILL_TOKEN_URL).
    type: str
  api_token:
    description:
      - The API token of BILL Spend & Expense. Used with V(spend_token). Secret. Variable C(bill_api_token), environment
        E(BILL_API_TOKEN).
    type: str
  remember_me_id:
    description:
      - The MFA ID, which makes sessions trusted. Used with V(password), V(console_token) and V(partner). Secret. Variable
        C(bill_remember_me_id), environment E(BILL_REMEMBER_ME_ID).
    type: str
  device:
    description:
      - The name of the device that the MFA ID belongs to. Used with V(password), V(console_token) and V(partner).
        Variable C(bill_device), environment E(BILL_DEVICE).
    type: str
  remember_me_id_expires_on:
    description:
      - The day on which the MFA ID expires. Used with V(password), V(console_token) and V(partner). Variable
        C(bill_remember_me_id_expires_on), environment E(BILL_REMEMBER_ME_ID_EXPIRES_ON).
    type: str
  session_store:
    description:
      - "Where sessions are stored: a directory, the URL of a Redis, or none. The default is the folder bill in Ansible's
        home, usually ~/.ansible/bill. Variable C(bill_session_store), environment E(BILL_SESSION_STORE)."
    type: path
  check_after:
    description:
      - How many seconds a session counts as valid after BILL's last response. Variable C(bill_check_after), environment
        E(BILL_CHECK_AFTER).
    type: int
    default: 60
  timeout:
    description:
      - How many seconds one exchange with BILL may take. Variable C(bill_timeout), environment E(BILL_TIMEOUT).
    type: int
    default: 30
  retries:
    description:
      - How often to repeat a request after a temporary fault. Variable C(bill_retries), environment E(BILL_RETRIES).
    type: int
    default: 3
  validate_certs:
    description:
      - Whether to check BILL's certificate. Variable C(bill_validate_certs), environment E(BILL_VALIDATE_CERTS).
    type: bool
    default: true
  ca_path:
    description:
      - A file or directory of certificate authorities that replace the usual ones. The default is what the Python library
        requests uses (REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE, its own list). Variable C(bill_ca_path), environment
        E(BILL_CA_PATH).
    type: path
  # end generated
notes:
  - The options that all tasks share are described here in one line each.
    L(Options and return values,https://github.com/bill-connect/bill.connect/blob/main/docs/docsite/rst/guide_options.rst) has the details.
  - A value is taken from the first place that has it - the option itself, C(module_defaults) (tasks only), the variable, the
    environment, the default. Variables are templated, the environment never is. An empty value counts as not given.
  - No value comes from a fact, because a managed host decides its facts. The task fails, and names the variable and the host.
  - Secrets from the environment go only to an address from the environment, from the task itself, or of BILL. So with them O(api_url),
    O(token_url), O(ca_path), O(session_store) and O(validate_certs=false) cannot come from a variable, nor from C(module_defaults).
  - The task warns, once a run, if credentials go to a host that is neither BILL's nor the controller itself.
  - In a path, C($NAME) stands for a value of the environment only where the task itself or the environment gives the path.
  - Everything happens on the controller, in the process of Ansible itself. Environment variables are those of the controller. Proxies come from
    E(HTTPS_PROXY) and E(NO_PROXY) there. There is no connection to the managed host, and redirects are never followed.
requirements:
  - requests on the controller, in the Python that runs Ansible
"""

    # Where a lookup finds its options, in the words that ansible-doc has for it. For tasks these keys do not exist.
    PLUGINS = r"""
options:
  # generated: lookup-options
  auth_method:
    env: [{name: BILL_AUTH_METHOD}]
    vars: [{name: bill_auth_method}]
  environment:
    env: [{name: BILL_ENVIRONMENT}]
    vars: [{name: bill_environment}]
  api_url:
    env: [{name: BILL_API_URL}]
    vars: [{name: bill_api_url}]
  username:
    env: [{name: BILL_USERNAME}]
    vars: [{name: bill_username}]
  password:
    env: [{name: BILL_PASSWORD}]
    vars: [{name: bill_password}]
  organization_id:
    env: [{name: BILL_ORGANIZATION_ID}]
    vars: [{name: bill_organization_id}]
  dev_key:
    env: [{name: BILL_DEV_KEY}]
    vars: [{name: bill_dev_key}]
  console_api_token:
    env: [{name: BILL_CONSOLE_API_TOKEN}]
    vars: [{name: bill_console_api_token}]
  app_key:
    env: [{name: BILL_APP_KEY}]
    vars: [{name: bill_app_key}]
  user_id:
    env: [{name: BILL_USER_ID}]
    vars: [{name: bill_user_id}]
  client_id:
    env: [{name: BILL_CLIENT_ID}]
    vars: [{name: bill_client_id}]
  client_secret:
    env: [{name: BILL_CLIENT_SECRET}]
    vars: [{name: bill_client_secret}]
  token_url:
    env: [{name: BILL_TOKEN_URL}]
    vars: [{name: bill_token_url}]
  api_token:
    env: [{name: BILL_API_TOKEN}]
    vars: [{name: bill_api_token}]
  remember_me_id:
    env: [{name: BILL_REMEMBER_ME_ID}]
    vars: [{name: bill_remember_me_id}]
  device:
    env: [{name: BILL_DEVICE}]
    vars: [{name: bill_device}]
  remember_me_id_expires_on:
    env: [{name: BILL_REMEMBER_ME_ID_EXPIRES_ON}]
    vars: [{name: bill_remember_me_id_expires_on}]
  session_store:
    env: [{name: BILL_SESSION_STORE}]
    vars: [{name: bill_session_store}]
  check_after:
    env: [{name: BILL_CHECK_AFTER}]
    vars: [{name: bill_check_after}]
  timeout:
    env: [{name: BILL_TIMEOUT}]
    vars: [{name: bill_timeout}]
  retries:
    env: [{name: BILL_RETRIES}]
    vars: [{name: bill_retries}]
  validate_certs:
    env: [{name: BILL_VALIDATE_CERTS}]
    vars: [{name: bill_validate_certs}]
  ca_path:
    env: [{name: BILL_CA_PATH}]
    vars: [{name: bill_ca_path}]
  # end generated
"""
