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
      - "How to sign in: as a user, with a token, as a partner or as an app."
      - V(password) signs in as a user, with O(username) and O(password). BILL ends such a session after 35 minutes
        without activity.
      - V(sync_token) signs in with an AP & AR sync token. O(username) is its name and O(password) is its value. BILL ends
        such a session after 48 hours without activity. The session cannot make payments or do anything else that needs
        MFA.
      - V(console_token) signs an accountant in to a client's organization. O(username) and O(console_api_token) belong to
        the Accountant Console, O(organization_id) and O(dev_key) belong to the client. BILL does not document when such a
        session ends. The collection assumes 35 minutes without activity, as for a user. Only
        RV(bill.connect.bill_login#module:expires_at) depends on that.
      - V(partner) signs a BILL partner in, with O(app_key), O(username) and O(password). Then it signs in as the user
        O(user_id) of O(organization_id), with O(dev_key). The partner's own session is stored too, for further users.
        Without O(user_id) and O(organization_id) the session is the partner's own, for the calls below C(/v3/partner).
        BILL ends both after 35 minutes without activity.
      - V(oauth) signs an app in, with O(client_id) and O(client_secret). BILL decides when the access token ends, and use
        does not prolong it. The collection replaces the token two minutes before its end, or after four fifths of a short
        life. It never validates a token with BILL. If BILL does not say when the token ends, the collection replaces it
        after O(check_after) seconds.
      - "V(spend_token) uses O(api_token) of BILL Spend & Expense. There is no sign-in, so nothing is ever
        RV(bill.connect.bill_login#module:changed). The collection validates the token with BILL: at first, and then after
        O(check_after) seconds."
      - If not given, taken from the variable C(bill_auth_method), then from the environment variable E(BILL_AUTH_METHOD).
    type: str
    choices: [password, sync_token, console_token, partner, oauth, spend_token]
    default: password
  environment:
    description:
      - "The environment of BILL: tests in the sandbox, or real money in production."
      - The two share no users, keys or organizations.
      - If not given, taken from the variable C(bill_environment), then from the environment variable E(BILL_ENVIRONMENT).
    type: str
    choices: [sandbox, production]
    default: sandbox
  api_url:
    description:
      - The address of BILL's API, without /v3. It replaces the environment.
      - Required only for your own gateway or for a test server.
      - It ends in C(/connect). The address of BILL's webhooks, which ends in C(/connect-events), is accepted, too. Then a
        path that begins with C(/v3) belongs to the webhooks, and bill.connect signs in at C(/connect) beside it.
      - Must be https, or http to V(localhost), V(127.x.x.x) or V(::1).
      - If not given, taken from the variable C(bill_api_url), then from the environment variable E(BILL_API_URL). The
        default is the address of the environment.
    type: str
  username:
    description:
      - "User Name: an e-mail address, or the name of the sync token. Used with O(auth_method=password),
        O(auth_method=sync_token), O(auth_method=console_token) and O(auth_method=partner)."
      - The e-mail address of the user, of the Accountant Console account or of the partner's account.
      - If not given, taken from the variable C(bill_username), then from the environment variable E(BILL_USERNAME).
    type: str
  password:
    description:
      - Password of the user, or the value of the sync token. Used with O(auth_method=password), O(auth_method=sync_token)
        and O(auth_method=partner). Keep it in a variable that is encrypted with C(ansible-vault).
      - With V(partner), the password of the partner's account.
      - "Put it in quotes: YAML changes some unquoted values."
      - If not given, taken from the variable C(bill_password), then from the environment variable E(BILL_PASSWORD).
    type: str
  organization_id:
    description:
      - "Organization ID: begins with 008. Used with O(auth_method=password), O(auth_method=sync_token),
        O(auth_method=console_token) and O(auth_method=partner)."
      - The organization to sign in to.
      - If not given, taken from the variable C(bill_organization_id), then from the environment variable
        E(BILL_ORGANIZATION_ID).
    type: str
  dev_key:
    description:
      - Developer Key. Used with O(auth_method=password), O(auth_method=sync_token), O(auth_method=console_token) and
        O(auth_method=partner). Keep it in a variable that is encrypted with C(ansible-vault).
      - An administrator generates it in BILL under Settings > Sync & Integrations > Manage Developer Keys.
      - A session works only with the developer key that it was made with.
      - If not given, taken from the variable C(bill_dev_key), then from the environment variable E(BILL_DEV_KEY).
    type: str
    aliases: [developer_key]
  console_api_token:
    description:
      - The API token of the Accountant Console. Used with O(auth_method=console_token). Keep it in a variable that is
        encrypted with C(ansible-vault).
      - If not given, taken from the variable C(bill_console_api_token), then from the environment variable
        E(BILL_CONSOLE_API_TOKEN).
    type: str
  app_key:
    description:
      - The partner's app key. Used with O(auth_method=partner). Keep it in a variable that is encrypted with
        C(ansible-vault).
      - If not given, taken from the variable C(bill_app_key), then from the environment variable E(BILL_APP_KEY).
    type: str
  user_id:
    description:
      - "The user that the partner signs in as: begins with 006. Used with O(auth_method=partner)."
      - If not given, taken from the variable C(bill_user_id), then from the environment variable E(BILL_USER_ID).
    type: str
  client_id:
    description:
      - Client ID of the OAuth app. Used with O(auth_method=oauth).
      - If not given, taken from the variable C(bill_client_id), then from the environment variable E(BILL_CLIENT_ID).
    type: str
  client_secret:
    description:
      - Client secret of the OAuth app. Used with O(auth_method=oauth). Keep it in a variable that is encrypted with
        C(ansible-vault).
      - If not given, taken from the variable C(bill_client_secret), then from the environment variable
        E(BILL_CLIENT_SECRET).
    type: str
  token_url:
    description:
      - The complete URL of the endpoint that returns OAuth tokens. Used with O(auth_method=oauth).
      - "BILL documents the path C(/authx/token), but not where it begins. So without this option the collection tries two
        addresses: first C(<api_url>/authx/token), then C(/authx/token) at the root of the same host."
      - Must be https, or http to V(localhost), V(127.x.x.x) or V(::1).
      - If not given, taken from the variable C(bill_token_url), then from the environment variable E(BILL_TOKEN_URL). The
        default is the path /authx/token below api_url, then at the root of the same host.
    type: str
  api_token:
    description:
      - The API token of BILL Spend & Expense. Used with O(auth_method=spend_token). Keep it in a variable that is
        encrypted with C(ansible-vault).
      - It belongs to one user.
      - If not given, taken from the variable C(bill_api_token), then from the environment variable E(BILL_API_TOKEN).
    type: str
  remember_me_id:
    description:
      - The MFA ID, which makes sessions trusted. Used with O(auth_method=password), O(auth_method=console_token) and
        O(auth_method=partner). Keep it in a variable that is encrypted with C(ansible-vault).
      - BILL calls it C(rememberMeId). Payments need a trusted session. With the MFA ID a session is MFA-trusted without a
        code. BILL keeps an MFA ID for 30 days. The role P(bill.connect.trust#role) returns one.
      - Needs O(device). With O(auth_method=partner) it is used only for a user. With O(auth_method=console_token) it is
        sent too, but BILL does not document whether those sessions can be trusted.
      - "It does not belong to the credentials: tasks with and without it use the same stored session. A session that is
        not trusted yet becomes trusted without a new sign-in. If BILL does not trust the MFA ID, the task warns, and the
        MFA ID is not sent again for that session."
      - If not given, taken from the variable C(bill_remember_me_id), then from the environment variable
        E(BILL_REMEMBER_ME_ID).
    type: str
  device:
    description:
      - The name of the device that the MFA ID belongs to. Used with O(auth_method=password), O(auth_method=console_token)
        and O(auth_method=partner).
      - You chose the name when the MFA ID was made. BILL accepts the MFA ID and the device name only together.
      - If not given, taken from the variable C(bill_device), then from the environment variable E(BILL_DEVICE).
    type: str
  remember_me_id_expires_on:
    description:
      - The day on which the MFA ID expires. Used with O(auth_method=password), O(auth_method=console_token) and
        O(auth_method=partner).
      - A day in UTC, such as V(2026-12-22). The role P(bill.connect.trust#role) returns it. A warning appears when seven
        days or fewer are left.
      - If not given, taken from the variable C(bill_remember_me_id_expires_on), then from the environment variable
        E(BILL_REMEMBER_ME_ID_EXPIRES_ON).
    type: str
  session_store:
    description:
      - "Where sessions are stored: a directory, the URL of a Redis, or none."
      - Later tasks and runs use the sessions in it. A directory that does not exist is made with mode C(0700). C(~) and
        environment variables in the path are expanded. A path that does not begin with C(/) starts in the directory where
        Ansible was started.
      - "Several controllers share a Redis or Valkey: its sessions, its cached refusals, and the limits of BILL. The URL
        begins with V(redis://), V(rediss://) (with TLS) or V(unix://) (a socket), such as
        V(rediss://user:password@redis.example.com:6379/0). It can have the options C(prefix) (the beginning of each key,
        default V(bill.connect:)), C(timeout) (seconds for one operation, default 3, at most 30) and C(db), and for TLS
        C(ssl_ca_certs), C(ssl_ca_path), C(ssl_certfile), C(ssl_keyfile) and C(ssl_password). The certificate is always
        checked. A URL with a password is secret: keep it in a variable that is encrypted with C(ansible-vault). Redis
        requires the Python library redis, version 5 or later, on the controller."
      - With V(none) no session is stored, and every task of every host signs in for itself. Tasks share no cached
        refusal, and O(bill.connect.bill_login#module:state=absent) finds no session to end. BILL allows 200 sign-ins an
        hour for a developer key, and locks accounts.
      - A directory that other users can enter is refused. If the directory cannot be written to, or Redis cannot be used,
        a warning says so. The session is then stored in Ansible's temporary directory until the run ends.
      - If not given, taken from the variable C(bill_session_store), then from the environment variable
        E(BILL_SESSION_STORE). The default is the folder bill in Ansible's home, usually ~/.ansible/bill.
    type: path
  check_after:
    description:
      - How many seconds a session counts as valid after BILL's last response.
      - After that time, a task validates the session before it uses the session. Only responses to this collection count,
        not responses to C(uri) and others. At most 1000000. In effect, the limit is the time that the session lives
        without use.
      - With V(0), each task validates the session, which costs one request. With a high value, a task notices later that
        somebody has ended the session elsewhere.
      - If not given, taken from the variable C(bill_check_after), then from the environment variable E(BILL_CHECK_AFTER).
    type: int
    default: 60
  timeout:
    description:
      - How many seconds one exchange with BILL may take.
      - It counts from the lookup of the host name to the last byte of the response. At least 1, at most 3600.
      - If not given, taken from the variable C(bill_timeout), then from the environment variable E(BILL_TIMEOUT).
    type: int
    default: 30
  retries:
    description:
      - How often to repeat a request after a temporary fault.
      - "A request is repeated when BILL cannot be reached, does not answer in time, or reports a fault of its own. It is
        also repeated after two refusals. One is BDC_1322: more than three requests of this developer key and organization
        are in flight. The other says that the Spend & Expense calls of the minute are used up. No other refusal is
        repeated. At most 100."
      - "The waits between the tries are at most 1, 2, 4, 8, 16 and then always 30 seconds. If a response has the header
        Retry-After, the wait is at least that long, up to C(timeout). So one request takes at most (retries + 1) *
        timeout seconds and the waits: 210 seconds with the defaults. To get a session, a task makes two requests at most,
        to validate and to sign in. That is 420 seconds with the defaults, if no other task delays it. It makes up to
        three more requests with O(remember_me_id), up to three more with O(auth_method=partner) (seven with both), and
        one more if trust is required."
      - "If three requests are already in flight, each try first waits up to C(timeout) seconds for a slot. So one request
        takes at most (retries + 1) * 2 * timeout seconds and the waits: 330 seconds with the defaults. If another task is
        signing in with the same credentials, a task waits as long as the two requests of that task can take. So the
        longest time to get a session is 1320 seconds with the defaults. With more requests, it is longer in proportion."
      - "BILL allows 60 calls a minute to Spend & Expense. So each try of such a call first waits for a slot, 600 seconds
        at most. If BILL still refuses the call, the next wait is at least 61 seconds. Such a request takes at most
        (retries + 1) * (600 + 2 * timeout) seconds and the waits: 2823 seconds with the defaults. With
        O(auth_method=spend_token), a task needs at most 11292 seconds to learn whether the token is valid. C(-v) shows
        waits."
      - If not given, taken from the variable C(bill_retries), then from the environment variable E(BILL_RETRIES).
    type: int
    default: 3
  validate_certs:
    description:
      - Whether to check BILL's certificate.
      - With V(false), anybody between the controller and BILL can read the credentials, so a warning appears. Use
        O(ca_path) instead.
      - If not given, taken from the variable C(bill_validate_certs), then from the environment variable
        E(BILL_VALIDATE_CERTS).
    type: bool
    default: true
  ca_path:
    description:
      - A file or directory of certificate authorities that replace the usual ones.
      - A directory must be prepared with C(openssl rehash).
      - If not given, taken from the variable C(bill_ca_path), then from the environment variable E(BILL_CA_PATH). The
        default is what the Python library requests uses (REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE, its own list).
    type: path
  # end generated
notes:
  - Everything happens on the controller, in the process of Ansible itself. Environment variables are those of the controller.
    There is no connection to the managed host.
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
