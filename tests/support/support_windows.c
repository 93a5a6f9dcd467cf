/* support_windows.c: descriptors, paths and the clock of support_os.h on
 * Windows; the peers are in support_peer_windows.c. */
#include "support_windows.h"

#ifdef _WIN32

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

void support_die(const char *what)
{
    (void)fprintf(stderr, "%s: error %lu\n", what, GetLastError());
    abort();
}

bool on_windows(void)
{
    return true;
}

bool is_wine(void)
{
    return GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version") !=
           NULL;
}

/* ---- Warming up ---------------------------------------------------------*/

static unsigned __stdcall do_nothing(void *argument)
{
    (void)argument;
    return 0;
}

/* The C runtime, winsock and the tests' own peers open some handles when they
 * are first used, which stay open: an event for blocking calls, registry keys
 * of the protocol catalogue. All of this is used once before the first
 * count. */
static void warm_up(void)
{
    static bool warm;
    mio_addr addr;
    mio_fd fds[2];
    mio_fd udp;
    char byte;
    uintptr_t thread;

    if (warm) {
        return;
    }
    warm = true;
    support_winsock();
    thread = _beginthreadex(NULL, 0, do_nothing, NULL, 0, NULL);
    if (thread == 0 ||
        WaitForSingleObject((HANDLE)thread, INFINITE) != WAIT_OBJECT_0 ||
        !CloseHandle((HANDLE)thread)) {
        support_die("warm_up: thread");
    }
    if (mio_addr_parse(&addr, "127.0.0.1:0") != 0 || !peer_pair(fds) ||
        !peer_send_all(fds[0], "x", 1) || !fd_await_readable(fds[1]) ||
        peer_recv(fds[1], &byte, 1) != 1) {
        support_die("warm_up: pair");
    }
    fd_close(fds[0]);
    fd_close(fds[1]);
    udp = peer_udp_bind(&addr);
    if (udp == MIO_FD_INVALID) {
        support_die("warm_up: udp");
    }
    fd_close(udp);
    (void)have_unix_sockets();
    (void)monotonic_ns();
}

/* ---- Counting handles ---------------------------------------------------*/

/* How many handles there are, or 0 if the system does not say: on Wine 8,
 * GetProcessHandleCount succeeds and always says 0. */
static unsigned known_count(void)
{
    DWORD count = 0;

    if (!GetProcessHandleCount(GetCurrentProcess(), &count)) {
        support_die("GetProcessHandleCount");
    }
    return count;
}

/* Handles are multiples of 4, and new ones get low values: tries one after the
 * other. (The list of all handles of the system would be quicker, but asking
 * for it makes the server of Wine 8 crash now and then.) */
#define TRIES_UNTIL_ALL_ARE_FOUND (1u << 18)
#define TRIES_IF_COUNT_IS_UNKNOWN (1u << 11)

static unsigned count_handles(DWORD flags_wanted)
{
    const unsigned known = known_count();
    const unsigned tries =
        known > 0 ? TRIES_UNTIL_ALL_ARE_FOUND : TRIES_IF_COUNT_IS_UNKNOWN;
    unsigned found = 0;
    unsigned count = 0;

    for (uintptr_t i = 1; i <= tries && (known == 0 || found < known); i++) {
        DWORD flags = 0;

        if (GetHandleInformation((HANDLE)(4 * i), &flags)) {
            found++;
            count += (flags & flags_wanted) == flags_wanted;
        }
    }
    return count;
}

int fd_count(void)
{
    unsigned count;

    warm_up();
    count = known_count();
    return (int)(count > 0 ? count : count_handles(0));
}

int fd_count_inherited(void)
{
    warm_up();
    return (int)count_handles(HANDLE_FLAG_INHERIT);
}

/* ---- Descriptors --------------------------------------------------------*/

bool fd_is_cloexec(mio_fd fd)
{
    DWORD flags = 0;

    return GetHandleInformation((HANDLE)fd, &flags) &&
           (flags & HANDLE_FLAG_INHERIT) == 0;
}

void fd_set_inherited(mio_fd fd)
{
    if (!SetHandleInformation((HANDLE)fd, HANDLE_FLAG_INHERIT,
                              HANDLE_FLAG_INHERIT)) {
        support_die("SetHandleInformation");
    }
}

/* Handle 0 is never a valid one. */
bool fd_0_open(void)
{
    return true;
}

bool fd_0_is_open(void)
{
    return true;
}

bool fds_can_run_out(void)
{
    return false;
}

bool fds_allow(unsigned count)
{
    return count < TRIES_IF_COUNT_IS_UNKNOWN; /* and so can be counted */
}

void fds_use_up(void)
{
    support_die("fds_use_up: no such limit can be set on Windows");
}

void fds_restore(void)
{
}

/* ---- Signals ------------------------------------------------------------*/

/* They go to all processes of a console, so this one must be alone with its. */
static bool own_console(void)
{
    DWORD processes[2];
    if (GetConsoleProcessList(processes, 2) == 1) {
        return true;
    }
    (void)FreeConsole();
    return AllocConsole() != 0;
}

static volatile LONG probes_come;

static BOOL WINAPI count_probe(DWORD event)
{
    (void)event;
    (void)InterlockedIncrement(&probes_come);
    return TRUE;
}

bool signal_can_be_sent(int number)
{
    const int64_t end = monotonic_ns() + INT64_C(5000000000);
    const LONG before = probes_come;
    if (!own_console() || !SetConsoleCtrlHandler(count_probe, TRUE)) {
        return false;
    }
    if (!signal_send(number)) {
        (void)SetConsoleCtrlHandler(count_probe, FALSE);
        return false;
    }
    while (probes_come == before && monotonic_ns() < end) {
        Sleep(1);
    }
    /* One that comes late must not end the program: leave it in that case. */
    return probes_come != before && SetConsoleCtrlHandler(count_probe, FALSE);
}

bool signal_send(int number)
{
    return GenerateConsoleCtrlEvent(
               number == SIGBREAK ? CTRL_BREAK_EVENT : CTRL_C_EVENT, 0) != 0;
}

/* ---- Temporary paths ----------------------------------------------------*/

#define TEMP_PATHS 32
#define TEMP_ROOM (MAX_PATH + 16)

static char temp_directory[TEMP_ROOM];
static char temp_paths[TEMP_PATHS][TEMP_ROOM + 8];
static size_t temp_path_count;

static void temp_directory_make(void)
{
    static unsigned made;
    char parent[MAX_PATH + 1];

    if (GetTempPathA(sizeof(parent), parent) == 0) {
        support_die("GetTempPath");
    }
    made++;
    (void)snprintf(temp_directory, sizeof(temp_directory), "%smio%lx-%x",
                   parent, GetCurrentProcessId(), made);
    if (!CreateDirectoryA(temp_directory, NULL)) {
        support_die(temp_directory);
    }
}

const char *temp_path(void)
{
    char *path;

    if (temp_path_count == 0) {
        temp_directory_make();
    }
    if (temp_path_count == TEMP_PATHS) {
        support_die("too many temporary paths");
    }
    path = temp_paths[temp_path_count];
    (void)snprintf(path, sizeof(temp_paths[0]), "%s\\%u", temp_directory,
                   (unsigned)temp_path_count);
    temp_path_count++;
    return path;
}

void temp_path_remove(const char *path)
{
    (void)DeleteFileA(path);
}

void temp_paths_remove(void)
{
    if (temp_path_count > 0) {
        while (temp_path_count > 0) {
            temp_path_remove(temp_paths[--temp_path_count]);
        }
        (void)RemoveDirectoryA(temp_directory);
    }
}

/* ---- Time ---------------------------------------------------------------*/

int64_t monotonic_ns(void)
{
    const int64_t second = INT64_C(1000000000);
    LARGE_INTEGER frequency;
    LARGE_INTEGER now;

    if (!QueryPerformanceFrequency(&frequency) ||
        !QueryPerformanceCounter(&now)) {
        support_die("QueryPerformanceCounter");
    }
    return now.QuadPart / frequency.QuadPart * second +
           now.QuadPart % frequency.QuadPart * second / frequency.QuadPart;
}

#endif
