//! Calls of the system that std does not have. All unsafe code for Windows is in this module, and each function has a safe
//! interface: handles are owned or borrowed, and texts are copied.
#![expect(unsafe_code, reason = "the functions of Windows are declared in C")]

use std::ffi::{OsStr, OsString, c_void};
use std::fs::File;
use std::io;
use std::os::windows::ffi::OsStringExt as _;
use std::os::windows::io::{
    AsHandle, AsRawHandle as _, AsRawSocket as _, BorrowedHandle, BorrowedSocket, FromRawHandle as _,
    OwnedHandle,
};
use std::path::{Path, PathBuf};
use std::ptr;
use std::time::Duration;

use crate::trust::{self, checked, copied, wide};

use windows_sys::Wdk::System::Threading::{NtQueryInformationProcess, ProcessBasicInformation};
use windows_sys::Win32::Foundation::{
    FILETIME, HANDLE, INVALID_HANDLE_VALUE, NTSTATUS, WAIT_FAILED, WAIT_OBJECT_0,
};
use windows_sys::Win32::Networking::WinSock::{
    FD_ACCEPT, FD_CLOSE, FD_READ, FIONBIO, POLLIN, SOCKET, WSACloseEvent, WSACreateEvent, WSAEventSelect,
    WSAPOLLFD, WSAPoll, ioctlsocket,
};
use windows_sys::Win32::Security::Cryptography::{BCRYPT_USE_SYSTEM_PREFERRED_RNG, BCryptGenRandom};
use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, FILE_BASIC_INFO, FILE_FLAG_FIRST_PIPE_INSTANCE, FileBasicInfo,
    GetDiskFreeSpaceExW, GetFileInformationByHandle, GetFileInformationByHandleEx, PIPE_ACCESS_DUPLEX,
};
use windows_sys::Win32::System::Diagnostics::Debug::ReadProcessMemory;
use windows_sys::Win32::System::Diagnostics::ToolHelp::{
    CreateToolhelp32Snapshot, PROCESSENTRY32W, Process32FirstW, Process32NextW, TH32CS_SNAPPROCESS,
};
use windows_sys::Win32::System::Environment::GetCommandLineW;
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_BREAKAWAY_OK,
    JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE, JOBOBJECT_BASIC_PROCESS_ID_LIST,
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectBasicProcessIdList, JobObjectExtendedLimitInformation,
    QueryInformationJobObject, SetInformationJobObject,
};
use windows_sys::Win32::System::Pipes::{
    CreateNamedPipeW, PIPE_NOWAIT, PIPE_READMODE_BYTE, PIPE_REJECT_REMOTE_CLIENTS, PIPE_TYPE_BYTE,
    PeekNamedPipe,
};
use windows_sys::Win32::System::Threading::{
    CREATE_BREAKAWAY_FROM_JOB, CREATE_NEW_PROCESS_GROUP, CREATE_NO_WINDOW, CREATE_UNICODE_ENVIRONMENT,
    CreateProcessW, GetCurrentProcess, GetCurrentThread, GetProcessTimes, OpenProcess, PEB,
    PROCESS_BASIC_INFORMATION, PROCESS_INFORMATION, PROCESS_NAME_WIN32, PROCESS_QUERY_INFORMATION,
    PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_SUSPEND_RESUME, PROCESS_SYNCHRONIZE, PROCESS_TERMINATE,
    PROCESS_VM_READ, QueryFullProcessImageNameW, STARTF_USESTDHANDLES, STARTUPINFOW, SetThreadPriority,
    THREAD_PRIORITY_LOWEST, TerminateProcess, WaitForMultipleObjects, WaitForSingleObject,
};

#[link(name = "ntdll")]
unsafe extern "system" {
    /// Not in the headers. Every Windows since XP has it.
    fn NtSuspendProcess(process: HANDLE) -> NTSTATUS;
}

fn milliseconds(time: Duration) -> u32 {
    // The largest number stands for no limit. Round up, so that a short wait is not a busy loop.
    u32::try_from(time.as_micros().div_ceil(1000)).unwrap_or(u32::MAX - 1).min(u32::MAX - 1)
}

/// Fills `bytes` with random numbers for keys.
pub(super) fn random(bytes: &mut [u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    // SAFETY: the pointer and the length are those of the slice.
    let status = unsafe {
        BCryptGenRandom(ptr::null_mut(), bytes.as_mut_ptr(), length, BCRYPT_USE_SYSTEM_PREFERRED_RNG)
    };
    if status == 0 { Ok(()) } else { Err(io::Error::other("no random numbers")) }
}

/// The command line of this process, as the process that started it wrote it.
pub(super) fn command_line() -> OsString {
    // SAFETY: the text is that of the process, is never changed and ends with a null.
    unsafe { copied(GetCommandLineW()) }
}

/// The identity and the times of a file.
pub(super) struct FileInformation {
    pub(super) volume: u64,
    pub(super) index: u64,
    pub(super) links: u64,
    pub(super) size: u64,
    /// In units of 100 ns since 1601.
    pub(super) modified: u64,
    /// The same, for changes of the content, the name or the attributes; 0 if the file system has no such time.
    pub(super) changed: u64,
}

const fn joined(high: u32, low: u32) -> u64 {
    ((high as u64) << 32) | low as u64
}

const fn time_of(time: FILETIME) -> u64 {
    joined(time.dwHighDateTime, time.dwLowDateTime)
}

/// Asks for the identity and the times of an open file.
pub(super) fn file_information(file: &File) -> io::Result<FileInformation> {
    let mut found = BY_HANDLE_FILE_INFORMATION::default();
    // SAFETY: the handle is open, and `found` has the type that the function fills.
    checked(unsafe { GetFileInformationByHandle(file.as_raw_handle(), &raw mut found) })?;
    let mut times = FILE_BASIC_INFO::default();
    // SAFETY: the same, and the size is that of `times`.
    let has_times = unsafe {
        GetFileInformationByHandleEx(
            file.as_raw_handle(),
            FileBasicInfo,
            (&raw mut times).cast(),
            size_of::<FILE_BASIC_INFO>() as u32,
        )
    };
    Ok(FileInformation {
        volume: u64::from(found.dwVolumeSerialNumber),
        index: joined(found.nFileIndexHigh, found.nFileIndexLow),
        links: u64::from(found.nNumberOfLinks),
        size: joined(found.nFileSizeHigh, found.nFileSizeLow),
        modified: time_of(found.ftLastWriteTime),
        changed: if has_times == 0 { 0 } else { times.ChangeTime.cast_unsigned() },
    })
}

/// A job: a group of processes.
#[derive(Debug)]
pub(super) struct Job(OwnedHandle);

impl Job {
    /// Puts this process and all that it starts from now on into a job. The system ends them all when this process ends.
    pub(super) fn of_this_process() -> io::Result<Self> {
        // SAFETY: without a name and attributes. The new handle is owned from here on.
        let job = unsafe {
            let job = CreateJobObjectW(ptr::null(), ptr::null());
            if job.is_null() {
                return Err(io::Error::last_os_error());
            }
            Self(OwnedHandle::from_raw_handle(job))
        };
        job.limit(JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_BREAKAWAY_OK)?;
        // SAFETY: both handles are valid.
        checked(unsafe { AssignProcessToJobObject(job.0.as_raw_handle(), GetCurrentProcess()) })?;
        Ok(job)
    }

    /// The processes that still run when this process ends continue.
    pub(super) fn release(&self) {
        // If this fails, they end, too.
        let _ = self.limit(0);
    }

    fn limit(&self, flags: u32) -> io::Result<()> {
        let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
        limits.BasicLimitInformation.LimitFlags = flags;
        // SAFETY: the handle is valid, and the size is that of `limits`.
        checked(unsafe {
            SetInformationJobObject(
                self.0.as_raw_handle(),
                JobObjectExtendedLimitInformation,
                (&raw const limits).cast(),
                size_of::<JOBOBJECT_EXTENDED_LIMIT_INFORMATION>() as u32,
            )
        })
    }

    /// The IDs of its processes.
    pub(super) fn processes(&self) -> Vec<u32> {
        const MOST: usize = 4096;
        // Two numbers with 32 bits, and the IDs with the size of a pointer.
        let mut buffer = vec![0_usize; MOST + 2];
        // SAFETY: the size is that of the buffer, which has the alignment of the type.
        let done = unsafe {
            QueryInformationJobObject(
                self.0.as_raw_handle(),
                JobObjectBasicProcessIdList,
                buffer.as_mut_ptr().cast(),
                size_of_val(buffer.as_slice()) as u32,
                ptr::null_mut(),
            )
        };
        if done == 0 {
            return Vec::new();
        }
        // SAFETY: the system has written the beginning of this type into the buffer.
        let count =
            unsafe { (*buffer.as_ptr().cast::<JOBOBJECT_BASIC_PROCESS_ID_LIST>()).NumberOfProcessIdsInList };
        let first = std::mem::offset_of!(JOBOBJECT_BASIC_PROCESS_ID_LIST, ProcessIdList) / size_of::<usize>();
        let ids = buffer.iter().skip(first).take(count as usize);
        ids.filter_map(|id| u32::try_from(*id).ok()).collect()
    }
}

/// An event that sockets signal.
struct SocketEvent(isize);

impl SocketEvent {
    fn new() -> io::Result<Self> {
        // SAFETY: no arguments.
        let event = unsafe { WSACreateEvent() };
        if event == 0 { Err(io::Error::last_os_error()) } else { Ok(Self(event)) }
    }
}

impl Drop for SocketEvent {
    fn drop(&mut self) {
        // SAFETY: the event is used nowhere else.
        unsafe { WSACloseEvent(self.0) };
    }
}

fn socket(socket: BorrowedSocket<'_>) -> SOCKET {
    socket.as_raw_socket() as SOCKET
}

/// Which sockets have input now.
fn ready_sockets(sockets: &[BorrowedSocket<'_>]) -> Vec<bool> {
    let mut polled: Vec<WSAPOLLFD> =
        sockets.iter().map(|one| WSAPOLLFD { fd: socket(*one), events: POLLIN, revents: 0 }).collect();
    // SAFETY: the pointer and the number are those of the vector.
    let count = unsafe { WSAPoll(polled.as_mut_ptr(), polled.len() as u32, 0) };
    polled.iter().map(|one| count > 0 && one.revents != 0).collect()
}

/// Waits until a socket has input or a process has ended, for at most `most`. Returns which. `blocking` are the numbers of the
/// sockets that block; the wait makes the others non-blocking.
pub(super) fn wait(
    sockets: &[BorrowedSocket<'_>],
    blocking: &[bool],
    processes: &[BorrowedHandle<'_>],
    most: Option<Duration>,
) -> (Vec<bool>, Vec<bool>) {
    let event = if sockets.is_empty() { None } else { SocketEvent::new().ok() };
    if let Some(event) = &event {
        for one in sockets {
            // SAFETY: the socket and the event are open.
            unsafe { WSAEventSelect(socket(*one), event.0, (FD_READ | FD_ACCEPT | FD_CLOSE) as i32) };
        }
    }
    // What came before the sockets had the event is seen here, and what comes later signals the event.
    let is_ready = |ready: &[bool]| ready.iter().any(|is_ready| *is_ready);
    let mut ready = if sockets.is_empty() { Vec::new() } else { ready_sockets(sockets) };
    let mut handles: Vec<HANDLE> = processes.iter().map(|process| process.as_raw_handle()).collect();
    handles.extend(event.as_ref().map(|event| event.0 as HANDLE));
    let timeout = if is_ready(&ready) { 0 } else { most.map_or(u32::MAX, milliseconds) };
    if handles.is_empty() {
        std::thread::sleep(most.unwrap_or_default());
    } else {
        // SAFETY: the handles are open, and the number is that of the vector.
        unsafe { WaitForMultipleObjects(handles.len() as u32, handles.as_ptr(), 0, timeout) };
    }
    if !sockets.is_empty() {
        ready = ready_sockets(sockets);
        for (one, is_blocking) in sockets.iter().zip(blocking) {
            let mut mode = u32::from(!is_blocking);
            // SAFETY: the socket is open. Without the first call, the second one fails.
            unsafe {
                WSAEventSelect(socket(*one), 0, 0);
                ioctlsocket(socket(*one), FIONBIO, &raw mut mode);
            }
        }
    }
    let ended = processes.iter().map(|process| has_ended(*process)).collect();
    (ready, ended)
}

/// Whether a process has ended.
pub(super) fn has_ended(process: BorrowedHandle<'_>) -> bool {
    wait_for_process(process, Duration::ZERO)
}

/// Waits for the end of a process, for at most `most`. Returns whether it has ended.
pub(super) fn wait_for_process(process: BorrowedHandle<'_>, most: Duration) -> bool {
    // SAFETY: the handle is open.
    let result = unsafe { WaitForSingleObject(process.as_raw_handle(), milliseconds(most)) };
    result == WAIT_OBJECT_0 || result == WAIT_FAILED
}

/// A process in the list of the system.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) id: u32,
    pub(super) parent: u32,
    pub(super) name: OsString,
}

/// All processes.
pub(super) fn processes() -> Vec<Listed> {
    let mut found = Vec::new();
    // SAFETY: the handle is owned from here on, the entry has its size in it, and the name ends with a null.
    unsafe {
        let snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
        if snapshot == INVALID_HANDLE_VALUE {
            return found;
        }
        let snapshot = OwnedHandle::from_raw_handle(snapshot);
        let mut entry =
            PROCESSENTRY32W { dwSize: size_of::<PROCESSENTRY32W>() as u32, ..PROCESSENTRY32W::default() };
        let mut is_found = Process32FirstW(snapshot.as_raw_handle(), &raw mut entry);
        while is_found != 0 {
            let length = entry.szExeFile.iter().position(|unit| *unit == 0).unwrap_or(entry.szExeFile.len());
            found.push(Listed {
                id: entry.th32ProcessID,
                parent: entry.th32ParentProcessID,
                name: OsString::from_wide(&entry.szExeFile[..length]),
            });
            is_found = Process32NextW(snapshot.as_raw_handle(), &raw mut entry);
        }
    }
    found
}

/// What to do with a process.
#[derive(Debug, Clone, Copy)]
pub(super) enum Access {
    /// Ask for its times, and wait for its end.
    Look,
    /// Read its memory.
    Read,
    Terminate,
    Suspend,
}

/// Opens a process.
pub(super) fn open_process(id: u32, access: Access) -> io::Result<OwnedHandle> {
    let look = PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_SYNCHRONIZE;
    let rights = match access {
        Access::Look => look,
        Access::Read => PROCESS_QUERY_INFORMATION | PROCESS_VM_READ,
        Access::Terminate => look | PROCESS_TERMINATE,
        Access::Suspend => look | PROCESS_SUSPEND_RESUME,
    };
    // SAFETY: the new handle is owned from here on.
    unsafe {
        let handle = OpenProcess(rights, 0, id);
        if handle.is_null() {
            Err(io::Error::last_os_error())
        } else {
            Ok(OwnedHandle::from_raw_handle(handle))
        }
    }
}

/// What the system tells about a process.
fn basic_information(process: &impl AsHandle) -> Option<PROCESS_BASIC_INFORMATION> {
    let mut basic = PROCESS_BASIC_INFORMATION::default();
    // SAFETY: the handle is open, and the size is that of `basic`.
    let status = unsafe {
        NtQueryInformationProcess(
            process.as_handle().as_raw_handle(),
            ProcessBasicInformation,
            (&raw mut basic).cast(),
            size_of::<PROCESS_BASIC_INFORMATION>() as u32,
            ptr::null_mut(),
        )
    };
    (status == 0).then_some(basic)
}

/// The ID of the process that has started this one. It may have ended, and another process may have its ID.
pub(super) fn parent_of(process: &impl AsHandle) -> Option<u32> {
    u32::try_from(basic_information(process)?.InheritedFromUniqueProcessId).ok()
}

/// The file name of the program of a process.
pub(super) fn program_of(process: &impl AsHandle) -> Option<OsString> {
    let process = process.as_handle().as_raw_handle();
    let mut path = vec![0_u16; 32 * 1024];
    let mut length = path.len() as u32;
    // SAFETY: the handle is open, and the length is that of the vector.
    let done = unsafe {
        QueryFullProcessImageNameW(process, PROCESS_NAME_WIN32, path.as_mut_ptr(), &raw mut length)
    };
    let path = PathBuf::from(OsString::from_wide(path.get(..length as usize).filter(|_| done != 0)?));
    path.file_name().map(OsStr::to_owned)
}

/// The process that has started this one, if it still runs.
pub(super) fn parent() -> Option<OwnedHandle> {
    let own = open_process(std::process::id(), Access::Look).ok()?;
    let parent = open_process(parent_of(&own)?, Access::Look).ok()?;
    // A younger process has the ID of a parent that has ended.
    let is_older = start_time(&parent).ok()? <= start_time(&own).ok()?;
    is_older.then_some(parent)
}

/// The time when a process started, in units of 100 ns since 1601.
pub(super) fn start_time(process: &impl AsHandle) -> io::Result<u64> {
    let [mut start, mut end, mut kernel, mut user] = [FILETIME::default(); 4];
    let process = process.as_handle().as_raw_handle();
    // SAFETY: the handle is open, and the times have the type that the function fills.
    checked(unsafe {
        GetProcessTimes(process, &raw mut start, &raw mut end, &raw mut kernel, &raw mut user)
    })?;
    Ok(time_of(start))
}

/// Ends a process.
pub(super) fn terminate(process: &impl AsHandle) {
    // SAFETY: the handle is open. A process that has ended already is no fault.
    unsafe { TerminateProcess(process.as_handle().as_raw_handle(), 1) };
}

/// Stops all threads of a process.
pub(super) fn suspend(process: &impl AsHandle) {
    // SAFETY: the handle is open.
    unsafe { NtSuspendProcess(process.as_handle().as_raw_handle()) };
}

/// Reads a value from the memory of a process.
///
/// # Safety
///
/// Any bytes must be a valid `T`.
unsafe fn read_memory<T: Default>(process: HANDLE, address: *const c_void) -> Option<T> {
    let mut value = T::default();
    // SAFETY: the size is that of `value`. An address that the process does not have is an error.
    let done = unsafe {
        ReadProcessMemory(process, address, (&raw mut value).cast(), size_of::<T>(), ptr::null_mut())
    };
    (done != 0).then_some(value)
}

/// The working directory of a process, which must be open with [`Access::Read`].
pub(super) fn directory_of(process: &impl AsHandle) -> Option<OsString> {
    parameter(process, if cfg!(target_pointer_width = "64") { 0x38 } else { 0x24 })
}

/// The command line of a process, which must be open with [`Access::Read`].
pub(super) fn command_line_of(process: &impl AsHandle) -> Option<OsString> {
    parameter(process, if cfg!(target_pointer_width = "64") { 0x70 } else { 0x40 })
}

/// The environment of a process, which must be open with [`Access::Read`]: `NAME=VALUE`.
pub(super) fn environment_of(process: &impl AsHandle) -> Option<Vec<String>> {
    const LARGEST: usize = 1 << 20;
    let (place, place_of_size) =
        if cfg!(target_pointer_width = "64") { (0x80, 0x3f0) } else { (0x48, 0x290) };
    let parameters = parameters_of(process)?;
    let process = process.as_handle().as_raw_handle();
    // SAFETY: numbers and pointers, which are only used as addresses in the other process.
    let [text, size] = unsafe {
        [
            read_memory::<usize>(process, parameters.checked_add(place)? as *const c_void)?,
            read_memory::<usize>(process, parameters.checked_add(place_of_size)? as *const c_void)?,
        ]
    };
    let units = read_units(process, text, size.min(LARGEST) / 2)?;
    Some(units.split(|unit| *unit == 0).map(String::from_utf16_lossy).collect())
}

/// The address of the parameters of a process, in its memory.
fn parameters_of(process: &impl AsHandle) -> Option<usize> {
    let basic = basic_information(process)?;
    if basic.PebBaseAddress.is_null() {
        return None;
    }
    let place = (basic.PebBaseAddress as usize).checked_add(std::mem::offset_of!(PEB, ProcessParameters))?;
    // SAFETY: the value is a pointer, which is only used as an address in the other process.
    unsafe { read_memory(process.as_handle().as_raw_handle(), place as *const c_void) }
}

/// A text in the parameters of a process. The headers do not name all of their members, but these have had the same places since
/// Windows NT, and the size of the environment since Windows Vista.
fn parameter(process: &impl AsHandle, place: usize) -> Option<OsString> {
    let place = parameters_of(process)?.checked_add(place)?;
    let process = process.as_handle().as_raw_handle();
    // SAFETY: the same.
    let [length, text]: [usize; 2] = unsafe { read_memory(process, place as *const c_void)? };
    // The length in bytes is the first of two numbers with 16 bits.
    read_units(process, text, (length & 0xffff) / 2).map(|units| OsString::from_wide(&units))
}

/// Reads a text from the memory of a process.
fn read_units(process: HANDLE, address: usize, length: usize) -> Option<Vec<u16>> {
    let mut units = vec![0_u16; length];
    // SAFETY: the size is that of the vector. An address that the process does not have is an error.
    let done = unsafe {
        ReadProcessMemory(
            process,
            address as *const c_void,
            units.as_mut_ptr().cast(),
            size_of_val(units.as_slice()),
            ptr::null_mut(),
        )
    };
    (done != 0).then_some(units)
}

/// The number of bytes that this user may still write to the volume of `folder`.
pub(super) fn free_bytes(folder: &Path) -> io::Result<u64> {
    let folder = wide(folder.as_os_str())?;
    let mut bytes = 0;
    // SAFETY: the path ends with a null, and the other results are not wanted.
    checked(unsafe {
        GetDiskFreeSpaceExW(folder.as_ptr(), &raw mut bytes, ptr::null_mut(), ptr::null_mut())
    })?;
    Ok(bytes)
}

/// Lets other threads run before this one.
pub(super) fn lower_priority() {
    // SAFETY: the handle is that of this thread, which needs not be closed.
    unsafe { SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_LOWEST) };
}

/// The number of bytes that can be read from a pipe without waiting.
///
/// # Errors
///
/// If the writing ends are closed.
pub(super) fn available(pipe: &impl AsHandle) -> io::Result<usize> {
    let mut available = 0;
    // SAFETY: the handle is open, and without a buffer nothing is read.
    checked(unsafe {
        PeekNamedPipe(
            pipe.as_handle().as_raw_handle(),
            ptr::null_mut(),
            0,
            ptr::null_mut(),
            &raw mut available,
            ptr::null_mut(),
        )
    })?;
    Ok(available as usize)
}

/// Creates a pipe with a name. Only processes of this machine that the descriptor admits can open it, and only one of them. Reads
/// do not wait.
pub(super) fn create_pipe(name: &str, descriptor: &str) -> io::Result<OwnedHandle> {
    const SIZE: u32 = 64 * 1024;
    let name = wide(OsStr::new(name))?;
    trust::with_descriptor(descriptor, |attributes| {
        // SAFETY: the name ends with a null, and the attributes are valid. The new handle is owned from here on.
        unsafe {
            let pipe = CreateNamedPipeW(
                name.as_ptr(),
                PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE,
                PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_NOWAIT | PIPE_REJECT_REMOTE_CLIENTS,
                1,
                SIZE,
                SIZE,
                0,
                attributes,
            );
            if pipe == INVALID_HANDLE_VALUE {
                Err(io::Error::last_os_error())
            } else {
                Ok(OwnedHandle::from_raw_handle(pipe))
            }
        }
    })
}

/// Starts a program that inherits no handle, has its own hidden console, and belongs to no job if the job of this process allows
/// that. `environment` consists of `NAME=VALUE`, each with a null at its end, in the order of names.
pub(super) fn start_detached(
    program: &Path,
    command_line: &OsStr,
    environment: &[u16],
    folder: &Path,
) -> io::Result<OwnedHandle> {
    let (program, folder) = (wide(program.as_os_str())?, wide(folder.as_os_str())?);
    let mut command_line = wide(command_line)?;
    let environment = [environment, &[0, 0]].concat();
    // Without this flag, Wine gives the program the standard handles of this process. Ninja would wait until it closes its output.
    let startup = STARTUPINFOW {
        cb: size_of::<STARTUPINFOW>() as u32,
        dwFlags: STARTF_USESTDHANDLES,
        ..STARTUPINFOW::default()
    };
    let flags = CREATE_NO_WINDOW | CREATE_NEW_PROCESS_GROUP | CREATE_UNICODE_ENVIRONMENT;
    for flags in [flags | CREATE_BREAKAWAY_FROM_JOB, flags] {
        let mut process = PROCESS_INFORMATION::default();
        // SAFETY: the texts end with nulls, and the environment with two. The new handles are owned from here on.
        unsafe {
            let done = CreateProcessW(
                program.as_ptr(),
                command_line.as_mut_ptr(),
                ptr::null(),
                ptr::null(),
                0,
                flags,
                environment.as_ptr().cast(),
                folder.as_ptr(),
                &raw const startup,
                &raw mut process,
            );
            if done != 0 {
                drop(OwnedHandle::from_raw_handle(process.hThread));
                return Ok(OwnedHandle::from_raw_handle(process.hProcess));
            }
        }
    }
    Err(io::Error::last_os_error())
}
