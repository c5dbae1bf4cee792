//! The Win32 error codes that a transfer can end in (spec §7.5).

use super::constants::constants;

constants! {
    /// Every code of this table with its name.
    ALL: u32;

    /// The file does not exist.
    ERROR_FILE_NOT_FOUND = 2;
    /// A directory of the path does not exist.
    ERROR_PATH_NOT_FOUND = 3;
    /// The target cannot be written; as an HRESULT it is `E_ACCESSDENIED`.
    ERROR_ACCESS_DENIED = 5;
    /// The quota is used up.
    ERROR_DISK_FULL = 112;
    /// The name cannot be a file's.
    ERROR_INVALID_NAME = 123;
    /// The group was cancelled.
    ERROR_CANCELLED = 1223;
    /// There is no way to the server.
    ERROR_NETWORK_UNREACHABLE = 1231;
    /// The owner is not logged on.
    ERROR_NOT_LOGGED_ON = 1245;
    /// A call passed a null pointer where the interface forbids it.
    RPC_X_NULL_REF_POINTER = 1780;
    /// Nothing came in time.
    ERROR_WINHTTP_TIMEOUT = 12002;
    /// The URL is malformed.
    ERROR_WINHTTP_INVALID_URL = 12005;
    /// The URL's scheme is unknown.
    ERROR_WINHTTP_UNRECOGNIZED_SCHEME = 12006;
    /// The server's name is unknown.
    ERROR_WINHTTP_NAME_NOT_RESOLVED = 12007;
    /// The server does not accept a connection.
    ERROR_WINHTTP_CANNOT_CONNECT = 12029;
    /// The connection broke off.
    ERROR_WINHTTP_CONNECTION_ERROR = 12030;
    /// The server asks for a client certificate.
    ERROR_WINHTTP_CLIENT_AUTH_CERT_NEEDED = 12044;
    /// The server's answer is malformed.
    ERROR_WINHTTP_INVALID_SERVER_RESPONSE = 12152;
    /// A redirect cannot be followed.
    ERROR_WINHTTP_REDIRECT_FAILED = 12156;
    /// The server's certificate is not to be trusted.
    ERROR_WINHTTP_SECURE_FAILURE = 12175;
}
