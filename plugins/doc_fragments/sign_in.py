# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # The options of every task and lookup that signs in. The table in plugin_utils/_options/spec.py is what the code uses; a
    # test holds the two against each other.
    DOCUMENTATION = r"""
options:
  auth_method:
    description:
      - How to sign in.
      - V(password) signs in as a user, with O(username) and O(password). BILL ends such a session after 35 minutes
        without activity.
      - V(sync_token) signs in with an AP & AR sync token, its name as O(username) and its value as O(password). BILL ends
        such a session after 48 hours without activity. It can do no payments and nothing else that needs MFA.
      - V(console_token) signs an accountant in to a client's organization, with O(username) and O(console_api_token) of the
        Accountant Console, and O(organization_id) and O(dev_key) of the client. That BILL ends such a session after 35 minutes
        without activity, as it does a user's, is an assumption; only RV(bill.connect.bill_login#module:expires_at) depends on it.
      - V(partner) signs a BILL partner in, with O(app_key), O(username) and O(password), and then in as the user O(user_id) of
        O(organization_id), with O(dev_key). The partner's own session is kept, too, for further users. Without O(user_id) and
        O(organization_id) it is the session of the partner itself, for the calls below C(/v3/partner). BILL ends both after 35
        minutes without activity.
      - V(oauth) signs an app in, with O(client_id) and O(client_secret). The access token ends when BILL says, however much it
        is used, and is replaced two minutes before (a short-lived one after four fifths of its life). BILL is never asked whether
        a token is still good. If BILL should not say when it ends, it is replaced after O(check_after) seconds.
      - V(spend_token) uses O(api_token) of BILL Spend & Expense. There is no sign-in, so nothing is ever
        RV(bill.connect.bill_login#module:changed). Instead BILL is asked whether the token is good, at first and then after
        O(check_after) seconds.
      - If not given, taken from the variable C(bill_auth_method), then from the environment variable E(BILL_AUTH_METHOD).
    type: str
    choices: [password, sync_token, console_token, partner, oauth, spend_token]
    default: password
  environment:
    description:
      - Which BILL to sign in to. The two share no users, keys or organizations, and what is done in V(production) is done
        with real money.
      - If not given, taken from the variable C(bill_environment), then from the environment variable E(BILL_ENVIRONMENT).
    type: str
    choices: [sandbox, production]
    default: sandbox
  api_url:
    description:
      - The address of BILL's API up to, and without, C(/v3). Overrides O(environment); needed only for a gateway of your own
        or for a test server.
      - Must be https, or http to V(localhost), V(127.x.x.x) or V(::1).
      - If not given, taken from the variable C(bill_api_url), then from the environment variable E(BILL_API_URL), then
        from O(environment).
    type: str
  username:
    description:
      - The e-mail address of the user, of the Accountant Console account or of the partner's account, or the name of the sync token.
      - If not given, taken from the variable C(bill_username), then from the environment variable E(BILL_USERNAME).
    type: str
  password:
    description:
      - The password of the user or of the partner's account, or the value of the sync token. Keep it in a variable that is encrypted with
        C(ansible-vault), and quote it there.
      - If not given, taken from the variable C(bill_password), then from the environment variable E(BILL_PASSWORD).
    type: str
  organization_id:
    description:
      - The id of the organization to sign in to. It begins with C(008).
      - If not given, taken from the variable C(bill_organization_id), then from the environment variable
        E(BILL_ORGANIZATION_ID).
    type: str
  dev_key:
    description:
      - The developer key, as generated in BILL under Settings > Sync & Integrations > Manage Developer Keys. A session can
        only be used together with the developer key that it was made with.
      - If not given, taken from the variable C(bill_dev_key), then from the environment variable E(BILL_DEV_KEY).
    type: str
    aliases: [developer_key]
  console_api_token:
    description:
      - The API token of the Accountant Console, for O(auth_method=console_token). Keep it in a variable that is encrypted with
        C(ansible-vault).
      - If not given, taken from the variable C(bill_console_api_token), then from the environment variable
        E(BILL_CONSOLE_API_TOKEN).
    type: str
  app_key:
    description:
      - The partner's app key, for O(auth_method=partner). Keep it in a variable that is encrypted with C(ansible-vault).
      - If not given, taken from the variable C(bill_app_key), then from the environment variable E(BILL_APP_KEY).
    type: str
  user_id:
    description:
      - The id of the user to sign in as, for O(auth_method=partner). It begins with C(006).
      - If not given, taken from the variable C(bill_user_id), then from the environment variable E(BILL_USER_ID).
    type: str
  client_id:
    description:
      - The client ID of the app, for O(auth_method=oauth).
      - If not given, taken from the variable C(bill_client_id), then from the environment variable E(BILL_CLIENT_ID).
    type: str
  client_secret:
    description:
      - The client secret of the app, for O(auth_method=oauth). Keep it in a variable that is encrypted with C(ansible-vault).
      - If not given, taken from the variable C(bill_client_secret), then from the environment variable E(BILL_CLIENT_SECRET).
    type: str
  token_url:
    description:
      - The whole address at which BILL gives out access tokens, for O(auth_method=oauth). BILL documents the path
        C(/authx/token), but not where it begins.
      - Must be https, or http to V(localhost), V(127.x.x.x) or V(::1).
      - If not given, taken from the variable C(bill_token_url), then from the environment variable E(BILL_TOKEN_URL). Else both
        places that it may be are tried, the first one C(<api_url>/authx/token), and if there is nothing the path C(/authx/token)
        at the root of the same host.
    type: str
  api_token:
    description:
      - The API token of BILL Spend & Expense, for O(auth_method=spend_token). Keep it in a variable that is encrypted with
        C(ansible-vault).
      - If not given, taken from the variable C(bill_api_token), then from the environment variable E(BILL_API_TOKEN).
    type: str
  remember_me_id:
    description:
      - The MFA ID, which BILL calls C(rememberMeId). With it sessions are MFA-trusted, as payments need it, without a code. BILL
        keeps one for 30 days. The role P(bill.connect.trust#role) hands one out. Keep it in a variable that is encrypted with
        C(ansible-vault).
      - Needs O(device). Used with O(auth_method=password), and with O(auth_method=partner) for a user. It is sent with
        O(auth_method=console_token), too, of which BILL does not document whether its sessions can be trusted. The other
        methods make no use of it.
      - It is no part of the credentials. The same kept session serves tasks with and without it, and one that is not trusted
        yet becomes so without a new sign-in. An MFA ID that BILL does not trust draws a warning, and is not sent again for
        that session.
      - If not given, taken from the variable C(bill_remember_me_id), then from the environment variable
        E(BILL_REMEMBER_ME_ID).
    type: str
  device:
    description:
      - The name of the device that the MFA ID was made for. You chose it then; BILL takes the two only together.
      - If not given, taken from the variable C(bill_device), then from the environment variable E(BILL_DEVICE).
    type: str
  remember_me_id_expires_on:
    description:
      - The day (UTC) on which the MFA ID ends, as V(2026-12-22). The role P(bill.connect.trust#role) tells it. When seven days or
        fewer are left, a warning says so.
      - If not given, taken from the variable C(bill_remember_me_id_expires_on), then from the environment variable
        E(BILL_REMEMBER_ME_ID_EXPIRES_ON).
    type: str
  session_store:
    description:
      - Where sessions are kept for later tasks and runs. A directory, made with mode C(0700) if it does not exist, or V(none).
        C(~) and environment variables in it are expanded; one that does not begin with C(/) is taken from the directory that
        Ansible was started in.
      - If not given, taken from the variable C(bill_session_store), then from the environment variable
        E(BILL_SESSION_STORE), then C(bill) in Ansible's home (E(ANSIBLE_HOME), usually C(~/.ansible/bill)).
      - With V(none) no session is written, every task of every host signs in for itself, and none knows of a refusal that another
        had, or of a session to end with O(bill.connect.bill_login#module:state=absent). Mind that BILL allows 200 sign-ins an
        hour for a developer key, and locks accounts.
      - A directory that other users can enter is refused. If the directory cannot be written to, a warning says so and the
        session is kept in Ansible's temporary directory until the run ends.
    type: path
  check_after:
    description:
      - How old, in seconds, BILL's last answer to a kept session may be for the session to be used without asking BILL
        whether it still lives. Only answers to this collection count; those to C(uri) and others are not seen. At most 1000000,
        and in effect not longer than the session lives without use.
      - With V(0) BILL is asked every time, which costs one request for each task. With a high value a session that was
        ended elsewhere is noticed later.
      - If not given, taken from the variable C(bill_check_after), then from the environment variable E(BILL_CHECK_AFTER).
    type: int
    default: 60
  timeout:
    description:
      - How many seconds one exchange with BILL may take, from looking the name up to the last byte of the answer. At least 1, at most 3600.
      - If not given, taken from the variable C(bill_timeout), then from the environment variable E(BILL_TIMEOUT).
    type: int
    default: 30
  retries:
    description:
      - How often to try again when BILL cannot be reached, does not answer in time, says that the fault is on its side, or has
        more than three requests of this developer key and organization in flight (BDC_1322), or when the Spend & Expense calls
        of the minute are used up. No other refusal is tried again. At most 100.
      - "The waits between the tries are at most 1, 2, 4, 8, 16 and then always 30 seconds. So one request takes at most
        C((retries + 1) * timeout) seconds and the waits: 127 seconds with the defaults. To get a session, a task makes two
        requests at most (a check and a sign-in): 254 seconds with the defaults, when nobody else is in the way. It makes up to two
        more with O(remember_me_id), up to three more with O(auth_method=partner), and one more where trust is required."
      - "Where three requests are in flight already, each try first waits up to C(timeout) seconds for its turn, so that one
        request takes at most C((retries + 1) * 2 * timeout) seconds and the waits: 247 seconds with the defaults. And where
        another task is signing in with the same credentials, a task waits for it as long as its two requests can take: 988
        seconds with the defaults are the longest that it takes to get a session; in proportion longer where there are more
        requests."
      - "Of Spend & Expense BILL allows 60 calls a minute. So each try of such a call first waits for its turn, 600 seconds at the
        most, and where BILL refuses it all the same, the next wait is at least 61 seconds. Such a request takes at most
        C((retries + 1) * (600 + 2 * timeout)) seconds and the waits: 2823 seconds with the defaults. With
        O(auth_method=spend_token), 11292 seconds are the longest that it takes to learn whether the token is good. Waits are
        shown with C(-v)."
      - If not given, taken from the variable C(bill_retries), then from the environment variable E(BILL_RETRIES).
    type: int
    default: 3
  validate_certs:
    description:
      - Whether to check the TLS certificate of BILL. With V(false) anybody on the way can read the credentials, so a warning
        is shown; use O(ca_path) instead.
      - If not given, taken from the variable C(bill_validate_certs), then from the environment variable
        E(BILL_VALIDATE_CERTS).
    type: bool
    default: true
  ca_path:
    description:
      - A file, or a directory prepared by C(openssl rehash), of certificates of authorities to trust instead of the usual
        ones.
      - If not given, taken from the variable C(bill_ca_path), then from the environment variable E(BILL_CA_PATH), then as
        usual for the Python library requests (E(REQUESTS_CA_BUNDLE), E(CURL_CA_BUNDLE), its own list).
    type: path
notes:
  - All of it happens on the controller, in the process of Ansible itself. Environment variables are those of the controller,
    and no connection to the managed host is made.
  - A value is taken from the first place that has it - the option itself, C(module_defaults) (tasks only), the variable, the
    environment, the default. Variables are templated, the environment never is. An empty value counts as not given.
  - No value comes from a fact, because a managed host decides its facts. The task fails, and names the variable and the host.
  - Secrets from the environment go only to an address from the environment, from the task itself, or of BILL. So with them O(api_url),
    O(token_url), O(ca_path), O(session_store) and O(validate_certs=false) cannot come from a variable, nor from C(module_defaults).
  - The task warns, once a run, if credentials go to a host that is neither BILL's nor the controller itself.
  - In a path, C($NAME) stands for a value of the environment only where the task itself or the environment gives the path.
  - Proxies come from the usual environment variables (E(HTTPS_PROXY), E(NO_PROXY)). Redirects are never followed.
requirements:
  - requests on the controller, in the Python that runs Ansible
"""

    # Where a lookup finds its options, in the words that ansible-doc has for it. For tasks these keys do not exist.
    PLUGINS = r"""
options:
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
"""
