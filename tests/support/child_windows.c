/* child_windows.c: see child.h. Children are this program, started again with
 * an exit code and the handle of a pipe, which is theirs to read. */
#include "child.h"

#ifdef _WIN32

#include <winsock2.h>
#include <windows.h>

static DWORD WINAPI give_up(void *unused)
{
    (void)unused;
    Sleep(60000);
    ExitProcess(99);
}

void child_main(int count, char **arguments)
{
    char byte;
    DWORD moved;
    if (count != 4 || strcmp(arguments[1], "child") != 0) {
        return;
    }
    (void)CreateThread(NULL, 0, give_up, NULL, 0, NULL);
    HANDLE gate = (HANDLE)(uintptr_t)strtoull(arguments[3], NULL, 10);
    (void)ReadFile(gate, &byte, 1, &moved, NULL);
    ExitProcess((UINT)strtoul(arguments[2], NULL, 10));
}

/* Wine 8 fails to now and then, if other programs start processes too. */
static bool process_create(const char *program, char *line,
                           PROCESS_INFORMATION *started)
{
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    int tries = is_wine() ? 10 : 1;
    while (!CreateProcessA(program, line, NULL, NULL, TRUE, 0, NULL, NULL,
                           &startup, started)) {
        if (--tries == 0) {
            return false;
        }
        print_message("CreateProcess: error %lu, once more\n", GetLastError());
    }
    return true;
}

void child_start(struct child *child, int code)
{
    SECURITY_ATTRIBUTES inherited = {sizeof(inherited), NULL, TRUE};
    PROCESS_INFORMATION started;
    HANDLE reading;
    HANDLE writing;
    char program[MAX_PATH];
    char line[MAX_PATH + 64];
    assert_true(CreatePipe(&reading, &writing, &inherited, 0));
    assert_true(SetHandleInformation(writing, HANDLE_FLAG_INHERIT, 0));
    assert_in_range(GetModuleFileNameA(NULL, program, MAX_PATH), 1,
                    MAX_PATH - 1);
    (void)snprintf(line, sizeof(line), "\"%s\" child %u %llu", program,
                   (unsigned)code, (unsigned long long)(uintptr_t)reading);
    assert_true(process_create(program, line, &started));
    (void)CloseHandle(started.hThread);
    (void)CloseHandle(reading);
    child->pid = (int64_t)started.dwProcessId;
    child->gate = (mio_fd)writing;
    child->handle = (mio_fd)started.hProcess;
}

void child_let_go(struct child *child)
{
    DWORD moved;
    assert_true(WriteFile((HANDLE)child->gate, "x", 1, &moved, NULL));
    (void)CloseHandle((HANDLE)child->gate);
    child->gate = MIO_FD_INVALID;
}

int child_open(mio_process *process, const struct child *child)
{
    HANDLE copy;
    assert_true(DuplicateHandle(GetCurrentProcess(), (HANDLE)child->handle,
                                GetCurrentProcess(), &copy, 0, FALSE,
                                DUPLICATE_SAME_ACCESS));
    int error = mio_process_from_handle(process, (mio_fd)copy);
    if (error != 0) {
        (void)CloseHandle(copy);
    }
    return error;
}

void child_kill(struct child *child, const mio_process *process)
{
    assert_true(TerminateProcess((HANDLE)process->source.fd, 9));
    if (child->gate != MIO_FD_INVALID) {
        (void)CloseHandle((HANDLE)child->gate);
    }
}

void child_await_end(const struct child *child)
{
    assert_int_equal(WaitForSingleObject((HANDLE)child->handle,
                                         (DWORD)(PATIENCE / MILLISECOND)),
                     WAIT_OBJECT_0);
}

int child_reap(struct child *child)
{
    DWORD code;
    child_await_end(child);
    assert_true(GetExitCodeProcess((HANDLE)child->handle, &code));
    child_forget(child);
    return (int)code;
}

void child_forget(struct child *child)
{
    (void)CloseHandle((HANDLE)child->handle);
    child->handle = MIO_FD_INVALID;
}

bool child_deny_pidfd(void)
{
    return false;
}

bool child_none_left(void)
{
    return true;
}

#endif
