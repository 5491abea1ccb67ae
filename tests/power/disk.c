/* Writes down what a program does to the files of one folder, in order: a disk that can be cut off
 * afterwards at any moment. Loaded before libc (LD_PRELOAD), below SQLite and everything else.
 *
 * POWER_WATCH is the folder, POWER_TRACE the file to write to. One line per deed, and after W the bytes:
 *   C <file> <name>           a file came into being under this name
 *   R <from> <to>             was renamed
 *   U <name>                  its name was removed
 *   W <file> <offset> <n>     n bytes were written
 *   T <file> <length>         was cut to this length
 *   S <file>                  was synced
 *   D                         the folder was synced
 * While there is a file POWER_BROKEN, every sync of a watched file fails: a disk that is dying.
 * Files are numbered as they come into being: the system gives the inode of a removed file out again.
 * Files of shared memory (-shm) never reach a disk and are left out. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FDS = 4096 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *watch;
static const char *broken;
static size_t watch_len;
static int trace = -1;
/* Of each open descriptor: the number of a watched file, 1 for the folder itself, 0 for anything else. */
static unsigned file_of[FDS];
/* The inode of each file; the last one with an inode is the living one. */
static ino_t inodes[FDS];
static unsigned files = 2;

static int (*real_open)(const char *, int, ...);
static int (*real_openat)(int, const char *, int, ...);
static int (*real_close)(int);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static int (*real_ftruncate)(int, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_unlink)(const char *);
static int (*real_rename)(const char *, const char *);

static void find(void *at, const char *name) {
    *(void **)at = dlsym(RTLD_NEXT, name);
    if (!*(void **)at) abort();
}

__attribute__((constructor)) static void begin(void) {
    find(&real_open, "open64");
    find(&real_openat, "openat64");
    find(&real_close, "close");
    find(&real_write, "write");
    find(&real_pwrite, "pwrite64");
    find(&real_writev, "writev");
    find(&real_ftruncate, "ftruncate64");
    find(&real_fsync, "fsync");
    find(&real_fdatasync, "fdatasync");
    find(&real_unlink, "unlink");
    find(&real_rename, "rename");
    watch = getenv("POWER_WATCH");
    broken = getenv("POWER_BROKEN");
    const char *path = getenv("POWER_TRACE");
    if (!watch || !path) return;
    watch_len = strlen(watch);
    trace = real_open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (trace < 0) abort();
}

/* The name inside the folder; "" for the folder, NULL for what is elsewhere or never on a disk. */
static const char *name_of(const char *path) {
    if (trace < 0 || strncmp(path, watch, watch_len)) return NULL;
    const char *rest = path + watch_len;
    while (*rest == '/') rest++;
    size_t length = strlen(rest);
    if (length >= 4 && !strcmp(rest + length - 4, "-shm")) return NULL;
    return rest;
}

static void say(const void *bytes, size_t count) {
    const char *at = bytes;
    while (count) {
        ssize_t done = real_write(trace, at, count);
        if (done <= 0) abort();
        at += done;
        count -= done;
    }
}

__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...) {
    char line[8192];
    va_list list;
    va_start(list, format);
    int count = vsnprintf(line, sizeof line, format, list);
    va_end(list);
    if (count < 0 || (size_t)count >= sizeof line) abort();
    say(line, count);
}

static unsigned watched(int fd) {
    return fd >= 0 && fd < FDS ? file_of[fd] : 0;
}

static void opened(int fd, const char *path, int flags, int was_there) {
    const char *name = name_of(path);
    if (fd < 0 || fd >= FDS || !name) return;
    struct stat file;
    if (!*name) {
        file_of[fd] = 1;
        return;
    }
    if (fstat(fd, &file)) abort();
    if (!S_ISREG(file.st_mode)) return;
    if (!was_there) {
        if (files == FDS) abort();
        inodes[files] = file.st_ino;
        file_of[fd] = files++;
        tell("C %u %s\n", file_of[fd], name);
        return;
    }
    unsigned known = files - 1;
    while (known > 1 && inodes[known] != file.st_ino) known--;
    /* A file from before the trace would begin with bytes nobody wrote down. */
    if (known == 1) abort();
    file_of[fd] = known;
    if (flags & O_TRUNC) tell("T %u 0\n", known);
}

static int open_at(int folder, const char *path, int flags, mode_t mode) {
    pthread_mutex_lock(&lock);
    int was_there = !access(path, F_OK);
    int fd = real_openat(folder, path, flags, mode);
    opened(fd, path, flags, was_there);
    pthread_mutex_unlock(&lock);
    return fd;
}

#define MODE(flags)                                     \
    mode_t mode = 0;                                    \
    if ((flags) & (O_CREAT | O_TMPFILE)) {              \
        va_list list;                                   \
        va_start(list, flags);                          \
        mode = va_arg(list, mode_t);                    \
        va_end(list);                                   \
    }

int open(const char *path, int flags, ...) { MODE(flags) return open_at(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return open_at(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE(flags) return open_at(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE(flags) return open_at(at, path, flags, mode); }

int close(int fd) {
    pthread_mutex_lock(&lock);
    if (fd >= 0 && fd < FDS) file_of[fd] = 0;
    int done = real_close(fd);
    pthread_mutex_unlock(&lock);
    return done;
}

static void wrote(int fd, off_t at, const void *bytes, ssize_t count) {
    if (count <= 0) return;
    tell("W %u %lld %zd\n", watched(fd), (long long)at, count);
    say(bytes, count);
}

ssize_t write(int fd, const void *bytes, size_t count) {
    if (!watched(fd)) return real_write(fd, bytes, count);
    pthread_mutex_lock(&lock);
    ssize_t done = real_write(fd, bytes, count);
    /* Also with O_APPEND the offset stands behind what was written. */
    if (done > 0) wrote(fd, lseek(fd, 0, SEEK_CUR) - done, bytes, done);
    pthread_mutex_unlock(&lock);
    return done;
}

static ssize_t write_at(int fd, const void *bytes, size_t count, off_t at) {
    if (!watched(fd)) return real_pwrite(fd, bytes, count, at);
    pthread_mutex_lock(&lock);
    ssize_t done = real_pwrite(fd, bytes, count, at);
    wrote(fd, at, bytes, done);
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) { return write_at(fd, bytes, count, at); }
ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) { return write_at(fd, bytes, count, at); }

ssize_t writev(int fd, const struct iovec *parts, int count) {
    /* Nobody here writes a watched file in parts; whoever begins to must not go unnoticed. */
    if (watched(fd)) abort();
    return real_writev(fd, parts, count);
}

static int truncate_to(int fd, off_t length) {
    if (!watched(fd)) return real_ftruncate(fd, length);
    pthread_mutex_lock(&lock);
    int done = real_ftruncate(fd, length);
    if (!done) tell("T %u %lld\n", watched(fd), (long long)length);
    pthread_mutex_unlock(&lock);
    return done;
}

int ftruncate(int fd, off_t length) { return truncate_to(fd, length); }
int ftruncate64(int fd, off64_t length) { return truncate_to(fd, length); }

static int synced(int (*real)(int), int fd) {
    unsigned file = watched(fd);
    if (!file) return real(fd);
    if (broken && !access(broken, F_OK)) {
        errno = EIO;
        return -1;
    }
    pthread_mutex_lock(&lock);
    /* The true disk is not waited for: only the order counts here. */
    if (file == 1) tell("D\n");
    else tell("S %u\n", file);
    pthread_mutex_unlock(&lock);
    return 0;
}

int fsync(int fd) { return synced(real_fsync, fd); }
int fdatasync(int fd) { return synced(real_fdatasync, fd); }

int unlink(const char *path) {
    const char *name = name_of(path);
    if (!name) return real_unlink(path);
    pthread_mutex_lock(&lock);
    int done = real_unlink(path);
    if (!done) tell("U %s\n", name);
    pthread_mutex_unlock(&lock);
    return done;
}

int rename(const char *from, const char *to) {
    const char *old = name_of(from), *new = name_of(to);
    if (!old || !new) return real_rename(from, to);
    pthread_mutex_lock(&lock);
    int done = real_rename(from, to);
    if (!done) tell("R %s %s\n", old, new);
    pthread_mutex_unlock(&lock);
    return done;
}
