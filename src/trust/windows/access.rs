//! Owners and access lists of files, by calls of the system that std does not have.
#![expect(unsafe_code, reason = "the functions of Windows are declared in C")]

use std::ffi::{OsStr, OsString, c_void};
use std::io;
use std::os::windows::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::windows::io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle};
use std::path::Path;
use std::ptr;

use windows_sys::Win32::Foundation::{HANDLE, LocalFree};
use windows_sys::Win32::Security::Authorization::{
    ConvertSecurityDescriptorToStringSecurityDescriptorW, ConvertSidToStringSidW,
    ConvertStringSecurityDescriptorToSecurityDescriptorW, GetNamedSecurityInfoW, SDDL_REVISION_1,
    SE_FILE_OBJECT,
};
use windows_sys::Win32::Security::{
    DACL_SECURITY_INFORMATION, GetTokenInformation, OWNER_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR, PSID,
    SECURITY_ATTRIBUTES, TOKEN_QUERY, TOKEN_USER, TokenUser,
};
use windows_sys::Win32::Storage::FileSystem::CreateDirectoryW;
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

/// The last error of the system, if a function has returned 0.
pub(crate) fn checked(result: i32) -> io::Result<()> {
    if result == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// A text with a null at the end.
pub(crate) fn wide(text: &OsStr) -> io::Result<Vec<u16>> {
    let mut wide: Vec<u16> = text.encode_wide().collect();
    if wide.contains(&0) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    wide.push(0);
    Ok(wide)
}

/// The text that ends with a null.
///
/// # Safety
///
/// `text` must point to a text with a null at the end.
pub(crate) unsafe fn copied(text: *const u16) -> OsString {
    let mut length = 0;
    // SAFETY: the text ends with a null, so all units before it can be read.
    unsafe {
        while *text.add(length) != 0 {
            length += 1;
        }
        OsString::from_wide(std::slice::from_raw_parts(text, length))
    }
}

/// Memory that the system has allocated.
struct Local(*mut c_void);

impl Drop for Local {
    fn drop(&mut self) {
        // SAFETY: the memory is from a function that requires this, and is used nowhere else.
        unsafe { LocalFree(self.0) };
    }
}

/// The SID as text: `S-1-...`.
///
/// # Safety
///
/// `sid` must be valid.
unsafe fn text_of_sid(sid: PSID) -> io::Result<String> {
    let mut text = ptr::null_mut();
    // SAFETY: the caller guarantees that the SID is valid; the text is freed at the end of this function.
    unsafe {
        checked(ConvertSidToStringSidW(sid, &raw mut text))?;
        let _owned = Local(text.cast());
        Ok(copied(text).to_string_lossy().into_owned())
    }
}

/// The SID of the user of this process.
///
/// # Errors
///
/// If the system does not tell it.
pub fn user() -> io::Result<String> {
    let mut token: HANDLE = ptr::null_mut();
    // SAFETY: the first handle is that of this process, which needs not be closed; `token` is owned from here on.
    let token = unsafe {
        checked(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut token))?;
        OwnedHandle::from_raw_handle(token)
    };
    // A TOKEN_USER and its SID, which has at most 68 bytes. The type has the alignment of a pointer.
    let mut buffer = [0_u64; 32];
    let mut length = 0;
    // SAFETY: the size is that of the buffer, which then contains a TOKEN_USER with a pointer to a SID in the buffer.
    unsafe {
        checked(GetTokenInformation(
            token.as_raw_handle(),
            TokenUser,
            buffer.as_mut_ptr().cast(),
            size_of_val(&buffer) as u32,
            &raw mut length,
        ))?;
        text_of_sid((*buffer.as_ptr().cast::<TOKEN_USER>()).User.Sid)
    }
}

/// The SID of the owner of a file, and its access list in the security descriptor definition language.
pub(super) fn security(path: &Path) -> io::Result<(String, String)> {
    let path = wide(path.as_os_str())?;
    let mut owner: PSID = ptr::null_mut();
    let mut descriptor: PSECURITY_DESCRIPTOR = ptr::null_mut();
    // SAFETY: the path ends with a null. The descriptor is freed at the end of this function, and the owner is a part of it.
    unsafe {
        let error = GetNamedSecurityInfoW(
            path.as_ptr(),
            SE_FILE_OBJECT,
            OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
            &raw mut owner,
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
            &raw mut descriptor,
        );
        if error != 0 {
            return Err(io::Error::from_raw_os_error(error.cast_signed()));
        }
        let _owned = Local(descriptor);
        let owner = text_of_sid(owner)?;
        let mut text = ptr::null_mut();
        checked(ConvertSecurityDescriptorToStringSecurityDescriptorW(
            descriptor,
            SDDL_REVISION_1,
            DACL_SECURITY_INFORMATION,
            &raw mut text,
            ptr::null_mut(),
        ))?;
        let _text = Local(text.cast());
        Ok((owner, copied(text).to_string_lossy().into_owned()))
    }
}

/// Calls `create` with a security descriptor in the security descriptor definition language.
pub(crate) fn with_descriptor<T>(
    descriptor: &str,
    create: impl FnOnce(&SECURITY_ATTRIBUTES) -> io::Result<T>,
) -> io::Result<T> {
    let text = wide(OsStr::new(descriptor))?;
    let mut descriptor: PSECURITY_DESCRIPTOR = ptr::null_mut();
    // SAFETY: the text ends with a null.
    checked(unsafe {
        ConvertStringSecurityDescriptorToSecurityDescriptorW(
            text.as_ptr(),
            SDDL_REVISION_1,
            &raw mut descriptor,
            ptr::null_mut(),
        )
    })?;
    // Freed at the end of this function.
    let _owned = Local(descriptor);
    create(&SECURITY_ATTRIBUTES {
        nLength: size_of::<SECURITY_ATTRIBUTES>() as u32,
        lpSecurityDescriptor: descriptor,
        bInheritHandle: 0,
    })
}

/// Creates a folder with this security descriptor.
pub(super) fn create_folder(path: &Path, descriptor: &str) -> io::Result<()> {
    let path = wide(path.as_os_str())?;
    with_descriptor(descriptor, |attributes| {
        // SAFETY: the path ends with a null, and the attributes are valid.
        checked(unsafe { CreateDirectoryW(path.as_ptr(), attributes) })
    })
}
