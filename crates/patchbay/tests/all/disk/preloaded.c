// A disk that fails when it is told to, and that forgets in a power cut what was not synced: to be preloaded (ld.so(8)).
//
// DISK_FOLDER names the folder whose files are on this disk, but for shared memory (-shm) and locks (.lock).
// DISK_STATE names another one, with a file "order" of one letter, which says how the disk is just now:
//
//   .  well                            s  no sync goes well
//   f  full                            d  no sync of the database goes well, those of its log do
//   h  half of a write goes in, full   w  a sync takes six seconds
//   r  read-only                       e  no write goes well
//
// For each file NAME on the disk that was written to, the state holds what is there if the power is cut:
//
//   NAME.pages  a byte for each page of 4 KiB: 0, it is on the disk as it is in the file;
//               1, it was written since the last sync: the disk holds what it held before, or this;
//               2, the same, and then a sync failed: the kernel takes such a page for clean, and no later sync writes it
//                  (fsync(2); LWN, "PostgreSQL's fsync() surprise", 2018). Only if it is written again it counts as 1
//   NAME.old    what the disk holds of the pages with 1 and 2, at their places in the file
//   NAME.size   how long the file is on the disk, eight bytes

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES_MAX = 1 << 20, FILES_MAX = 16 };

struct file {
    char name[NAME_MAX];
    uint8_t *pages;
    int old, size;
};

static ssize_t (*next_write)(int, const void *, size_t);
static ssize_t (*next_pwrite)(int, const void *, size_t, off_t);
static int (*next_fsync)(int);
static int (*next_fdatasync)(int);
static int (*next_ftruncate)(int, off_t);

static const char *folder, *state;
static const volatile char *order;
static struct file files[FILES_MAX];
static int files_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void fail(const char *what) {
    perror(what);
    abort();
}

static int open_state(const char *name, const char *suffix, int flags) {
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s%s", state, name, suffix) >= (int)sizeof path) fail("too long a name");
    int fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd < 0) fail(path);
    return fd;
}

__attribute__((constructor)) static void begin(void) {
    next_write = dlsym(RTLD_NEXT, "write");
    next_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    next_fsync = dlsym(RTLD_NEXT, "fsync");
    next_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    next_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
    state = getenv("DISK_STATE");
    if (!state) return;
    order = mmap(NULL, 1, PROT_READ, MAP_SHARED, open_state("order", "", O_RDONLY), 0);
    if (order == MAP_FAILED) fail("order");
    folder = getenv("DISK_FOLDER");
}

static int ends_with(const char *text, const char *end) {
    size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static off_t length(int fd) {
    struct stat told;
    if (fstat(fd, &told)) fail("fstat");
    return told.st_size;
}

// The file, if it is on the disk; called with the lock held.
static struct file *find(int fd) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t read = readlink(link, path, sizeof path - 1);
    if (read < 0) return NULL;
    path[read] = 0;
    size_t length_of_folder = strlen(folder);
    if (strncmp(path, folder, length_of_folder) || path[length_of_folder] != '/') return NULL;
    const char *name = path + length_of_folder + 1;
    if (strchr(name, '/') || ends_with(name, "-shm") || ends_with(name, ".lock")) return NULL;
    for (int i = 0; i < files_count; i++)
        if (strcmp(files[i].name, name) == 0) return &files[i];
    if (files_count == FILES_MAX) fail("too many files");
    struct file *file = &files[files_count++];
    strncpy(file->name, name, sizeof file->name - 1);
    int pages = open_state(name, ".pages", O_RDWR | O_CREAT);
    if (next_ftruncate(pages, PAGES_MAX)) fail("pages");
    file->pages = mmap(NULL, PAGES_MAX, PROT_READ | PROT_WRITE, MAP_SHARED, pages, 0);
    if (file->pages == MAP_FAILED) fail("pages");
    file->old = open_state(name, ".old", O_RDWR | O_CREAT);
    file->size = open_state(name, ".size", O_RDWR | O_CREAT);
    if (length(file->size) == 0) {
        off_t now = length(fd);
        next_pwrite(file->size, &now, sizeof now, 0);
    }
    return file;
}

// Keeps what the disk holds of a span that is about to change.
static void keep(struct file *file, int fd, off_t from, off_t to) {
    for (off_t page = from / PAGE; page * PAGE < to; page++) {
        if (page >= PAGES_MAX) fail("too long a file");
        if (file->pages[page] == 0) {
            char old[PAGE] = {0};
            if (pread(fd, old, PAGE, page * PAGE) < 0) fail("pread");
            if (next_pwrite(file->old, old, PAGE, page * PAGE) != PAGE) fail("old");
        }
        file->pages[page] = 1;
    }
}

static void synced(struct file *file, int fd, int well) {
    off_t now = length(fd), before = 0;
    if (pread(file->size, &before, sizeof before, 0) < 0) fail("size");
    off_t longest = now > before ? now : before;
    for (off_t page = 0; page * PAGE < longest; page++)
        if (file->pages[page] == 1) file->pages[page] = well ? 0 : 2;
    if (well) next_pwrite(file->size, &now, sizeof now, 0);
}

// Whether a change is refused; then errno says why.
static int refused(void) {
    errno = *order == 'f' || *order == 'h' ? ENOSPC : *order == 'r' ? EROFS : *order == 'e' ? EIO : 0;
    return errno != 0;
}

static ssize_t put(int fd, const void *bytes, size_t count, off_t at, int is_seeking) {
    pthread_mutex_lock(&lock);
    struct file *file = find(fd);
    ssize_t done = -1;
    if (file && *order == 'h' && count > 512) count /= 2;
    else if (file && refused()) goto end;
    if (file) keep(file, fd, at, at + count);
    done = is_seeking ? next_write(fd, bytes, count) : next_pwrite(fd, bytes, count, at);
end:
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t write(int fd, const void *bytes, size_t count) {
    off_t at = folder ? lseek(fd, 0, SEEK_CUR) : -1;
    // What has no place is no file.
    return at < 0 ? next_write(fd, bytes, count) : put(fd, bytes, count, at, 1);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    return folder ? put(fd, bytes, count, at, 0) : next_pwrite(fd, bytes, count, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) { return pwrite64(fd, bytes, count, at); }

int ftruncate64(int fd, off64_t size) {
    if (!folder) return next_ftruncate(fd, size);
    pthread_mutex_lock(&lock);
    struct file *file = find(fd);
    int done = -1;
    if (!file || !refused()) {
        if (file && size < length(fd)) keep(file, fd, size, length(fd));
        done = next_ftruncate(fd, size);
    }
    pthread_mutex_unlock(&lock);
    return done;
}

int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

static int sync_by(int (*next)(int), int fd) {
    if (!folder) return next(fd);
    pthread_mutex_lock(&lock);
    struct file *file = find(fd);
    pthread_mutex_unlock(&lock);
    if (!file) return next(fd);
    if (*order == 'w') sleep(6);
    pthread_mutex_lock(&lock);
    int done = -1;
    if (*order == 's' || (*order == 'd' && !ends_with(file->name, "-wal"))) {
        synced(file, fd, 0);
        errno = EIO;
    } else {
        done = next(fd);
        if (done == 0) synced(file, fd, 1);
    }
    pthread_mutex_unlock(&lock);
    return done;
}

int fsync(int fd) { return sync_by(next_fsync, fd); }

int fdatasync(int fd) { return sync_by(next_fdatasync, fd); }
