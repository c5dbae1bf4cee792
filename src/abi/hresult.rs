//! HRESULT codes by their header names.

use super::win32;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A 32-bit result code; failures have the top bit set.
///
/// ```text
/// 31 30   29 28        16 15           0
/// S  reserved  facility    code
/// ```
///
/// `Display` gives the header name, or `0x` and eight hex digits where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hresult(pub u32);

const FACILITY_WIN32: u32 = 7;
const FACILITY_HTTP: u32 = 25;

impl Hresult {
    /// `HRESULT_FROM_WIN32`: 0 is [`Hresult::S_OK`], and what is an HRESULT already stays as it is.
    #[must_use]
    pub const fn from_win32(code: u32) -> Self {
        if code == 0 || code >> 31 == 1 {
            Self(code)
        } else {
            Self(0x8000_0000 | FACILITY_WIN32 << 16 | (code & 0xFFFF))
        }
    }

    /// `BG_E_HTTP_ERROR_nnn` for any status, also for those without a name (spec §2.9).
    #[must_use]
    pub const fn from_http(status: u16) -> Self {
        Self(0x8000_0000 | FACILITY_HTTP << 16 | status as u32)
    }

    /// The header name, e.g. `"QM_E_ITEM_NOT_FOUND"`.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Self::ALL.iter().find(|(_, code)| *code == self.0).map(|(name, _)| *name)
    }

    /// Who the code comes from, e.g. 7 for Win32 and 25 for HTTP.
    #[must_use]
    pub const fn facility(self) -> u32 {
        self.0 >> 16 & 0x1FFF
    }

    /// The code within its facility.
    #[must_use]
    pub const fn code(self) -> u32 {
        self.0 & 0xFFFF
    }

    /// The `Win32Result` of a group that this failure stopped (ruling A19): the Win32 code, or the
    /// whole HRESULT where it comes from elsewhere.
    #[must_use]
    pub const fn win32_result(self) -> u32 {
        if self.facility() == FACILITY_WIN32 { self.code() } else { self.0 }
    }

    /// The `TransportResult` of a group that this failure stopped (ruling A19): the HTTP status, or
    /// 0 where the failure is no answer's status.
    #[must_use]
    pub const fn transport_result(self) -> u32 {
        if self.facility() == FACILITY_HTTP { self.code() } else { 0 }
    }
}

impl fmt::Display for Hresult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.pad(name),
            None => write!(f, "0x{:08X}", self.0),
        }
    }
}

macro_rules! header_codes {
    ($($(#[$doc:meta])* $name:ident = $value:literal;)*) => {
        /// The codes of the headers (spec §2.6, §2.7, §2.9).
        impl Hresult {
            $(
                $(#[$doc])*
                #[doc = ""]
                #[doc = concat!("`", stringify!($value), "`")]
                pub const $name: Self = Self($value);
            )*

            /// Every header name with its value, in the headers' order.
            pub const ALL: &'static [(&'static str, u32)] = &[$((stringify!($name), $value)),*];
        }
    };
}

/// HRESULTs made of Win32 codes. The headers have no name for them, so [`Hresult::name`] has none.
macro_rules! win32_codes {
    ($($name:ident = $code:ident;)*) => {
        /// The Win32 codes of [`win32`] as HRESULTs, under their own names without `ERROR_`.
        impl Hresult {
            $(
                #[doc = concat!("[`win32::", stringify!($code), "`] as an HRESULT.")]
                pub const $name: Self = Self::from_win32(win32::$code);
            )*
        }
    };
}

win32_codes! {
    FILE_NOT_FOUND = ERROR_FILE_NOT_FOUND;
    PATH_NOT_FOUND = ERROR_PATH_NOT_FOUND;
    DISK_FULL = ERROR_DISK_FULL;
    INVALID_NAME = ERROR_INVALID_NAME;
    CANCELLED = ERROR_CANCELLED;
    NETWORK_UNREACHABLE = ERROR_NETWORK_UNREACHABLE;
    NOT_LOGGED_ON = ERROR_NOT_LOGGED_ON;
    NULL_REF_POINTER = RPC_X_NULL_REF_POINTER;
    WINHTTP_TIMEOUT = ERROR_WINHTTP_TIMEOUT;
    WINHTTP_INVALID_URL = ERROR_WINHTTP_INVALID_URL;
    WINHTTP_UNRECOGNIZED_SCHEME = ERROR_WINHTTP_UNRECOGNIZED_SCHEME;
    WINHTTP_NAME_NOT_RESOLVED = ERROR_WINHTTP_NAME_NOT_RESOLVED;
    WINHTTP_CANNOT_CONNECT = ERROR_WINHTTP_CANNOT_CONNECT;
    WINHTTP_CONNECTION_ERROR = ERROR_WINHTTP_CONNECTION_ERROR;
    WINHTTP_CLIENT_AUTH_CERT_NEEDED = ERROR_WINHTTP_CLIENT_AUTH_CERT_NEEDED;
    WINHTTP_INVALID_SERVER_RESPONSE = ERROR_WINHTTP_INVALID_SERVER_RESPONSE;
    WINHTTP_REDIRECT_FAILED = ERROR_WINHTTP_REDIRECT_FAILED;
    WINHTTP_SECURE_FAILURE = ERROR_WINHTTP_SECURE_FAILURE;
}

header_codes! {
    /// The group's state forbids the call, or the group is cancelled.
    QM_E_INVALID_STATE = 0x81001001;
    /// The queue is not started, or shut down (ruling A39).
    QM_E_SERVICE_UNAVAILABLE = 0x81001002;
    /// There is no transport at all (ruling A39).
    QM_E_DOWNLOADER_UNAVAILABLE = 0x81001003;
    /// No such group, job or file.
    QM_E_ITEM_NOT_FOUND = 0x81001004;
    /// Done.
    S_OK = 0x00000000;
    /// Done, with fewer elements than asked for.
    S_FALSE = 0x00000001;
    /// Documented, and documented as unsupported.
    E_NOTIMPL = 0x80004001;
    /// An argument is of the wrong type or form.
    E_INVALIDARG = 0x80070057;
    /// The caller may not.
    E_ACCESSDENIED = 0x80070005;
    /// A pointer is null.
    E_POINTER = 0x80004003;
    /// Memory ran out.
    E_OUTOFMEMORY = 0x8007000E;
    /// The object has no such interface.
    E_NOINTERFACE = 0x80004002;
    /// A failure without a code of its own.
    E_FAIL = 0x80004005;
    /// A failure that nothing accounts for.
    E_UNEXPECTED = 0x8000FFFF;
    /// The operation is not supported.
    CO_E_NOT_SUPPORTED = 0x80004021;
    /// The text of a class id is malformed.
    CO_E_CLASSSTRING = 0x800401F3;
    /// The class is not registered (ruling A26).
    REGDB_E_CLASSNOTREG = 0x80040154;
    /// The class cannot be part of another object.
    CLASS_E_NOAGGREGATION = 0x80040110;
    /// The job is not in the queue.
    BG_E_NOT_FOUND = 0x80200001;
    /// The job is cancelled or acknowledged.
    BG_E_INVALID_STATE = 0x80200002;
    /// There is no file to fetch (ruling A17).
    BG_E_EMPTY = 0x80200003;
    BG_E_FILE_NOT_AVAILABLE = 0x80200004;
    BG_E_PROTOCOL_NOT_AVAILABLE = 0x80200005;
    BG_S_ERROR_CONTEXT_NONE = 0x00200006;
    BG_E_ERROR_CONTEXT_UNKNOWN = 0x80200007;
    BG_E_ERROR_CONTEXT_GENERAL_QUEUE_MANAGER = 0x80200008;
    BG_E_ERROR_CONTEXT_LOCAL_FILE = 0x80200009;
    BG_E_ERROR_CONTEXT_REMOTE_FILE = 0x8020000A;
    BG_E_ERROR_CONTEXT_GENERAL_TRANSPORT = 0x8020000B;
    BG_E_ERROR_CONTEXT_QUEUE_MANAGER_NOTIFICATION = 0x8020000C;
    /// Another program holds the target.
    BG_E_DESTINATION_LOCKED = 0x8020000D;
    /// The target's volume was replaced.
    BG_E_VOLUME_CHANGED = 0x8020000E;
    BG_E_ERROR_INFORMATION_UNAVAILABLE = 0x8020000F;
    /// There is no network.
    BG_E_NETWORK_DISCONNECTED = 0x80200010;
    /// The server does not tell the size.
    BG_E_MISSING_FILE_SIZE = 0x80200011;
    /// The server lacks what HTTP/1.1 asks of it.
    BG_E_INSUFFICIENT_HTTP_SUPPORT = 0x80200012;
    /// The server, or a proxy before it, does not serve ranges.
    BG_E_INSUFFICIENT_RANGE_SUPPORT = 0x80200013;
    BG_E_REMOTE_NOT_SUPPORTED = 0x80200014;
    /// The new owner's network drives differ.
    BG_E_NEW_OWNER_DIFF_MAPPING = 0x80200015;
    /// The new owner cannot write the files.
    BG_E_NEW_OWNER_NO_FILE_ACCESS = 0x80200016;
    /// Some files are kept, the incomplete ones deleted.
    BG_S_PARTIAL_COMPLETE = 0x00200017;
    BG_E_PROXY_LIST_TOO_LARGE = 0x80200018;
    BG_E_PROXY_BYPASS_LIST_TOO_LARGE = 0x80200019;
    /// Temporary files are left behind.
    BG_S_UNABLE_TO_DELETE_FILES = 0x0020001A;
    /// The server's answer is malformed.
    BG_E_INVALID_SERVER_RESPONSE = 0x8020001B;
    BG_E_TOO_MANY_FILES = 0x8020001C;
    BG_E_LOCAL_FILE_CHANGED = 0x8020001D;
    BG_E_ERROR_CONTEXT_REMOTE_APPLICATION = 0x8020001E;
    BG_E_SESSION_NOT_FOUND = 0x8020001F;
    BG_E_TOO_LARGE = 0x80200020;
    /// A name or a description is too long.
    BG_E_STRING_TOO_LONG = 0x80200021;
    BG_E_CLIENT_SERVER_PROTOCOL_MISMATCH = 0x80200022;
    BG_E_SERVER_EXECUTE_ENABLE = 0x80200023;
    /// Nothing moved for the whole no-progress period.
    BG_E_NO_PROGRESS = 0x80200024;
    BG_E_USERNAME_TOO_LARGE = 0x80200025;
    BG_E_PASSWORD_TOO_LARGE = 0x80200026;
    BG_E_INVALID_AUTH_TARGET = 0x80200027;
    BG_E_INVALID_AUTH_SCHEME = 0x80200028;
    BG_E_FILE_NOT_FOUND = 0x80200029;
    BG_S_PROXY_CHANGED = 0x0020002A;
    BG_E_INVALID_RANGE = 0x8020002B;
    BG_E_OVERLAPPING_RANGES = 0x8020002C;
    /// No connection to the server.
    BG_E_CONNECT_FAILURE = 0x8020002D;
    /// The connection broke off.
    BG_E_CONNECTION_CLOSED = 0x8020002E;
    /// A bandwidth policy of zero forbids the transfer.
    BG_E_BLOCKED_BY_POLICY = 0x8020003E;
    BG_E_INVALID_PROXY_INFO = 0x8020003F;
    BG_E_INVALID_CREDENTIALS = 0x80200040;
    BG_E_INVALID_HASH_ALGORITHM = 0x80200041;
    BG_E_RECORD_DELETED = 0x80200042;
    BG_E_COMMIT_IN_PROGRESS = 0x80200043;
    BG_E_DISCOVERY_IN_PROGRESS = 0x80200044;
    BG_E_UPNP_ERROR = 0x80200045;
    BG_E_TEST_OPTION_BLOCKED_DOWNLOAD = 0x80200046;
    BG_E_PEERCACHING_DISABLED = 0x80200047;
    BG_E_BUSYCACHERECORD = 0x80200048;
    /// The quota of groups is reached (ruling A32).
    BG_E_TOO_MANY_JOBS_PER_USER = 0x80200049;
    /// The quota of the machine is reached.
    BG_E_TOO_MANY_JOBS_PER_MACHINE = 0x80200050;
    /// The quota of files is reached (ruling A32).
    BG_E_TOO_MANY_FILES_IN_JOB = 0x80200051;
    BG_E_TOO_MANY_RANGES_IN_FILE = 0x80200052;
    /// The file is not the one that was described.
    BG_E_VALIDATION_FAILED = 0x80200053;
    /// The time allowed for a download is over.
    BG_E_MAXDOWNLOAD_TIMEOUT = 0x80200054;
    BG_S_OVERRIDDEN_BY_POLICY = 0x00200055;
    BG_E_TOKEN_REQUIRED = 0x80200056;
    BG_E_UNKNOWN_PROPERTY_ID = 0x80200057;
    BG_E_READ_ONLY_PROPERTY = 0x80200058;
    BG_E_BLOCKED_BY_COST_TRANSFER_POLICY = 0x80200059;
    BG_E_PROPERTY_SUPPORTED_FOR_DOWNLOAD_JOBS_ONLY = 0x80200060;
    BG_E_READ_ONLY_PROPERTY_AFTER_ADDFILE = 0x80200061;
    BG_E_READ_ONLY_PROPERTY_AFTER_RESUME = 0x80200062;
    BG_E_MAX_DOWNLOAD_SIZE_INVALID_VALUE = 0x80200063;
    BG_E_MAX_DOWNLOAD_SIZE_LIMIT_REACHED = 0x80200064;
    BG_E_STANDBY_MODE = 0x80200065;
    BG_E_USE_STORED_CREDENTIALS_NOT_SUPPORTED = 0x80200066;
    BG_E_BLOCKED_BY_BATTERY_POLICY = 0x80200067;
    BG_E_BLOCKED_BY_BATTERY_SAVER = 0x80200068;
    BG_E_WATCHDOG_TIMEOUT = 0x80200069;
    BG_E_APP_PACKAGE_NOT_FOUND = 0x8020006A;
    BG_E_APP_PACKAGE_SCENARIO_NOT_SUPPORTED = 0x8020006B;
    BG_E_DATABASE_CORRUPT = 0x8020006C;
    BG_E_RANDOM_ACCESS_NOT_SUPPORTED = 0x8020006D;
    BG_E_BLOCKED_BY_BACKGROUND_ACCESS_POLICY = 0x8020006E;
    BG_E_BLOCKED_BY_GAME_MODE = 0x8020006F;
    BG_E_BLOCKED_BY_SYSTEM_POLICY = 0x80200070;
    BG_E_NOT_SUPPORTED_WITH_CUSTOM_HTTP_METHOD = 0x80200071;
    BG_E_UNSUPPORTED_JOB_CONFIGURATION = 0x80200072;
    /// The server's file changed while it was fetched.
    BG_E_REMOTE_FILE_CHANGED = 0x80200073;
    BG_E_SERVER_CERT_VALIDATION_INTERFACE_REQUIRED = 0x80200074;
    BG_E_READ_ONLY_WHEN_JOB_ACTIVE = 0x80200075;
    BG_E_ERROR_CONTEXT_SERVER_CERTIFICATE_CALLBACK = 0x80200076;
    BG_E_HTTP_ERROR_100 = 0x80190064;
    BG_E_HTTP_ERROR_101 = 0x80190065;
    BG_E_HTTP_ERROR_200 = 0x801900C8;
    BG_E_HTTP_ERROR_201 = 0x801900C9;
    BG_E_HTTP_ERROR_202 = 0x801900CA;
    BG_E_HTTP_ERROR_203 = 0x801900CB;
    BG_E_HTTP_ERROR_204 = 0x801900CC;
    BG_E_HTTP_ERROR_205 = 0x801900CD;
    BG_E_HTTP_ERROR_206 = 0x801900CE;
    BG_E_HTTP_ERROR_300 = 0x8019012C;
    BG_E_HTTP_ERROR_301 = 0x8019012D;
    BG_E_HTTP_ERROR_302 = 0x8019012E;
    BG_E_HTTP_ERROR_303 = 0x8019012F;
    BG_E_HTTP_ERROR_304 = 0x80190130;
    BG_E_HTTP_ERROR_305 = 0x80190131;
    BG_E_HTTP_ERROR_307 = 0x80190133;
    BG_E_HTTP_ERROR_400 = 0x80190190;
    BG_E_HTTP_ERROR_401 = 0x80190191;
    BG_E_HTTP_ERROR_402 = 0x80190192;
    BG_E_HTTP_ERROR_403 = 0x80190193;
    BG_E_HTTP_ERROR_404 = 0x80190194;
    BG_E_HTTP_ERROR_405 = 0x80190195;
    BG_E_HTTP_ERROR_406 = 0x80190196;
    BG_E_HTTP_ERROR_407 = 0x80190197;
    BG_E_HTTP_ERROR_408 = 0x80190198;
    BG_E_HTTP_ERROR_409 = 0x80190199;
    BG_E_HTTP_ERROR_410 = 0x8019019A;
    BG_E_HTTP_ERROR_411 = 0x8019019B;
    BG_E_HTTP_ERROR_412 = 0x8019019C;
    BG_E_HTTP_ERROR_413 = 0x8019019D;
    BG_E_HTTP_ERROR_414 = 0x8019019E;
    BG_E_HTTP_ERROR_415 = 0x8019019F;
    BG_E_HTTP_ERROR_416 = 0x801901A0;
    BG_E_HTTP_ERROR_417 = 0x801901A1;
    BG_E_HTTP_ERROR_449 = 0x801901C1;
    BG_E_HTTP_ERROR_500 = 0x801901F4;
    BG_E_HTTP_ERROR_501 = 0x801901F5;
    BG_E_HTTP_ERROR_502 = 0x801901F6;
    BG_E_HTTP_ERROR_503 = 0x801901F7;
    BG_E_HTTP_ERROR_504 = 0x801901F8;
    BG_E_HTTP_ERROR_505 = 0x801901F9;
}
