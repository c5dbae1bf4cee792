//! The identifiers of the header's interfaces, of its class and of its type library (spec §2.1).

use super::Guid;
use super::constants::constants;
use uuid::uuid;

constants! {
    /// Every identifier with its header name.
    INTERFACE_IDS: Guid;

    /// `IBackgroundCopyJob1`.
    #[expect(non_upper_case_globals, reason = "the header's name")]
    IID_IBackgroundCopyJob1 = Guid(uuid!("59f5553c-2031-4629-bb18-2645a6970947"));
    /// `IEnumBackgroundCopyJobs1`.
    #[expect(non_upper_case_globals, reason = "the header's name")]
    IID_IEnumBackgroundCopyJobs1 = Guid(uuid!("8baeba9d-8f1c-42c4-b82c-09ae79980d25"));
    /// `IBackgroundCopyGroup`.
    #[expect(non_upper_case_globals, reason = "the header's name")]
    IID_IBackgroundCopyGroup = Guid(uuid!("1ded80a7-53ea-424f-8a04-17fea9adc4f5"));
    /// `IEnumBackgroundCopyGroups`.
    #[expect(non_upper_case_globals, reason = "the header's name")]
    IID_IEnumBackgroundCopyGroups = Guid(uuid!("d993e603-4aa4-47c5-8665-c20d39c2ba4f"));
    /// `IBackgroundCopyCallback1`.
    #[expect(non_upper_case_globals, reason = "the header's name")]
    IID_IBackgroundCopyCallback1 = Guid(uuid!("084f6593-3800-4e08-9b59-99fa59addf82"));
    /// `IBackgroundCopyQMgr`.
    #[expect(non_upper_case_globals, reason = "the header's name")]
    IID_IBackgroundCopyQMgr = Guid(uuid!("16f41c69-09f5-41d2-8cd8-3c08c47bc8a8"));
    /// The type library, version 1.0.
    #[expect(non_upper_case_globals, reason = "the header's name")]
    LIBID_BackgroundCopyQMgr = Guid(uuid!("f5b26dcb-b37e-4d7c-ae7a-1cb3fbeb183e"));
    /// The class whose default interface is `IBackgroundCopyQMgr`.
    #[expect(non_upper_case_globals, reason = "the header's name")]
    CLSID_BackgroundCopyQMgr = Guid(uuid!("69ad4aee-51be-439b-a92c-86ae490e8b30"));
}
