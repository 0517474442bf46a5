/* SPDX-License-Identifier: MIT */
/* Files that are not named pipes.  The rules are in file_disk.h. */
#include "kernel32-shim/file_disk.h"

#include <npfs/security.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <npfs/parcel.h>

#include "kernel32-shim/fd_lift.h"
#include "kernel32-shim/transfer.h"

struct disk_file {
	struct object object;
	int fd; /* owned unless borrowed */
	bool borrowed;
	bool append; /* writes go to the end whatever the position */
	bool seekable;
	DWORD type;               /* FILE_TYPE_... */
	char *delete_on_close;    /* owned; the path to remove, or NULL */
	pthread_mutex_t position; /* one positioned transfer and its seek at a time */
};

static struct disk_file *disk_file_from_object(const struct object *o)
{
	return (struct disk_file *)(void *)(uintptr_t)o;
}

static void disk_file_closed(struct object *o)
{
	struct disk_file *f = disk_file_from_object(o);

	if (f->delete_on_close)
		unlink(f->delete_on_close);
}

static void disk_file_destroy(struct object *o)
{
	struct disk_file *f = disk_file_from_object(o);

	if (!f->borrowed)
		close(f->fd);
	pthread_mutex_destroy(&f->position);
	free(f->delete_on_close);
	free(f);
}

/* The body of a parcel. */
struct disk_file_body {
	uint32_t append;
	uint32_t reserved;
};

/*
 * The other process gets the same open file, position included. Whoever opened it with
 * FILE_FLAG_DELETE_ON_CLOSE removes it.
 */
static DWORD disk_file_pack(struct object *o, uint32_t access, struct npfs_parcel *parcelp)
{
	const struct disk_file *f = disk_file_from_object(o);
	const struct disk_file_body body = {.append = f->append};
	npfs_status status;

	(void)access;
	npfs_parcel_init(parcelp);
	parcelp->kind = TRANSFER_FILE;
	status = npfs_parcel_add_fd(parcelp, f->fd);
	if (status == STATUS_SUCCESS)
		status = npfs_parcel_set_body(parcelp, &body, sizeof(body));
	if (status == STATUS_SUCCESS)
		return 0;
	npfs_parcel_free(parcelp);
	return npfs_status_to_win32(status);
}

static const struct object_ops disk_file_ops = {
	.type = OBJECT_DISK_FILE,
	.signal_kind = OBJECT_SIGNAL_MANUAL,
	.name = "file",
	.is_ready = object_ready_by_flag,
	.acquire = object_acquire_nothing,
	.last_handle_closed = disk_file_closed,
	.destroy = disk_file_destroy,
	.pack = disk_file_pack,
};

/* A console is signaled while it has input, which only the kernel knows. */
static bool console_is_ready(struct object *o, struct thread *self)
{
	struct pollfd p = {.fd = disk_file_from_object(o)->fd, .events = POLLIN};

	(void)self;
	return poll(&p, 1, 0) > 0;
}

static const struct object_ops console_ops = {
	.type = OBJECT_CONSOLE,
	.signal_kind = OBJECT_SIGNAL_COMPUTED,
	.name = "console",
	.is_ready = console_is_ready,
	.acquire = object_acquire_nothing,
	.last_handle_closed = disk_file_closed,
	.destroy = disk_file_destroy,
	.pack = disk_file_pack,
};

bool disk_file_is(const struct object *o)
{
	return o->ops == &disk_file_ops || o->ops == &console_ops;
}

int disk_file_fd(const struct object *o)
{
	return disk_file_from_object(o)->fd;
}

DWORD disk_file_type(const struct object *o)
{
	return disk_file_from_object(o)->type;
}

bool disk_file_is_seekable(const struct object *o)
{
	return disk_file_from_object(o)->seekable;
}

/* names */

static bool starts_with_drive(const char *path)
{
	return isalpha((unsigned char)path[0]) && path[1] == ':';
}

static const char *device_path(const char *name)
{
	if (strcasecmp(name, "NUL") == 0)
		return "/dev/null";
	if (strcasecmp(name, "CON") == 0 || strcasecmp(name, "CONIN$") == 0 ||
	    strcasecmp(name, "CONOUT$") == 0)
		return "/dev/tty";
	return NULL;
}

char *disk_file_posix_path(const char *path)
{
	const char *device;
	char *copy;

	if (path[0] == '/')
		return strdup(path);
	if (strncmp(path, "\\\\?\\", 4) == 0 || strncmp(path, "\\\\.\\", 4) == 0)
		path += 4;
	device = device_path(path);
	if (device)
		return strdup(device);
	if (starts_with_drive(path))
		path += 2;
	copy = strdup(path);
	for (char *p = copy; p && *p; p++)
		if (*p == '\\')
			*p = '/';
	return copy;
}

/* opening */

static bool wants_read(DWORD access)
{
	return access & (GENERIC_READ | GENERIC_ALL | FILE_READ_DATA | GENERIC_EXECUTE);
}

static bool wants_write(DWORD access)
{
	return access &
	       (GENERIC_WRITE | GENERIC_ALL | FILE_WRITE_DATA | FILE_APPEND_DATA);
}

static bool wants_append(DWORD access)
{
	return (access & FILE_APPEND_DATA) &&
	       !(access & (GENERIC_WRITE | GENERIC_ALL | FILE_WRITE_DATA));
}

static int open_mode(DWORD access, DWORD flags)
{
	int mode = O_CLOEXEC | O_NOCTTY;

	if (wants_read(access) && wants_write(access))
		mode |= O_RDWR;
	else if (wants_write(access))
		mode |= O_WRONLY;
	else if (wants_read(access))
		mode |= O_RDONLY;
	else
		mode |= O_PATH;
	if ((flags & FILE_FLAG_WRITE_THROUGH) && wants_write(access))
		mode |= O_DSYNC;
	return mode;
}

static npfs_status open_error(const char *path, int error)
{
	const char *slash = strrchr(path, '/');
	npfs_status status = STATUS_OBJECT_NAME_NOT_FOUND;
	char *parent;

	switch (error) {
	case EEXIST:
		return STATUS_OBJECT_NAME_COLLISION;
	case ENOTDIR:
		return STATUS_OBJECT_PATH_NOT_FOUND;
	case EISDIR:
	case EACCES:
	case EPERM:
	case ETXTBSY:
		return STATUS_ACCESS_DENIED;
	case ENOENT:
		break;
	default:
		return npfs_status_from_errno(error);
	}
	/* Which part is missing decides between ERROR_FILE_ and ERROR_PATH_NOT_FOUND. */
	if (!slash || slash == path)
		return status;
	parent = strndup(path, (size_t)(slash - path));
	if (!parent)
		return STATUS_NO_MEMORY;
	if (access(parent, F_OK) != 0)
		status = STATUS_OBJECT_PATH_NOT_FOUND;
	free(parent);
	return status;
}

/* Open what is there.  0 or an errno. */
static int open_existing(const char *path, int mode, int *fdp)
{
	*fdp = open(path, mode);
	return *fdp < 0 ? errno : 0;
}

/* Create what is not there.  An O_PATH descriptor cannot, so that comes second. */
static int open_new(const char *path, int mode, int *fdp)
{
	int create = mode & O_PATH ? O_WRONLY | O_CLOEXEC : mode;
	int fd = open(path, create | O_CREAT | O_EXCL, 0666);

	if (fd < 0)
		return errno;
	if (mode & O_PATH) {
		close(fd);
		return open_existing(path, mode, fdp);
	}
	*fdp = fd;
	return 0;
}

/* Open it if it is there and create it if not, and say which. */
static int open_or_create(const char *path, int mode, int *fdp, bool *createdp)
{
	int error;

	do {
		*createdp = false;
		error = open_existing(path, mode, fdp);
		if (error != ENOENT)
			return error;
		*createdp = true;
		error = open_new(path, mode, fdp);
	} while (error == EEXIST);
	return error;
}

static int open_by_disposition(const char *path, DWORD disposition, int mode, int *fdp,
			       DWORD *informationp)
{
	bool created = false;
	int error;

	*informationp = DISK_FILE_OPENED;
	switch (disposition) {
	case CREATE_NEW:
		*informationp = DISK_FILE_CREATED;
		return open_new(path, mode, fdp);
	case OPEN_EXISTING:
		return open_existing(path, mode, fdp);
	case TRUNCATE_EXISTING:
		*informationp = DISK_FILE_OVERWRITTEN;
		return open_existing(path, mode | O_TRUNC, fdp);
	case OPEN_ALWAYS:
		error = open_or_create(path, mode, fdp, &created);
		break;
	default: /* CREATE_ALWAYS */
		error = open_or_create(path, mode, fdp, &created);
		*informationp = DISK_FILE_OVERWRITTEN;
		/* A descriptor that cannot write empties the file by its name. */
		if (error || created)
			break;
		if ((mode & O_ACCMODE) != O_RDONLY && !(mode & O_PATH))
			error = ftruncate(*fdp, 0) < 0 && errno != EINVAL ? errno : 0;
		else
			error = truncate(path, 0) < 0 && errno != EINVAL ? errno : 0;
		if (error)
			close(*fdp);
		break;
	}
	if (created)
		*informationp = DISK_FILE_CREATED;
	return error;
}

static npfs_status disk_file_new(int fd, bool borrowed, struct object **objp)
{
	struct disk_file *f;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return npfs_status_from_errno(errno);
	f = calloc(1, sizeof(*f));
	if (!f)
		return STATUS_NO_MEMORY;
	f->fd = fd;
	f->borrowed = borrowed;
	if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) || S_ISBLK(st.st_mode))
		f->type = FILE_TYPE_DISK;
	else if (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode))
		f->type = FILE_TYPE_PIPE;
	else
		f->type = FILE_TYPE_CHAR;
	f->seekable = S_ISREG(st.st_mode) || S_ISBLK(st.st_mode);
	pthread_mutex_init(&f->position, NULL);
	object_init(&f->object,
		    S_ISCHR(st.st_mode) && isatty(fd) ? &console_ops : &disk_file_ops,
		    true);
	*objp = &f->object;
	return STATUS_SUCCESS;
}

npfs_status disk_file_borrow(int fd, struct object **objp)
{
	return disk_file_new(fd, true, objp);
}

struct object *disk_file_unpack(const struct npfs_parcel *parcel)
{
	struct disk_file_body body;
	struct object *o;
	int fd;

	if (parcel->n_fds != 1 || parcel->len != sizeof(body))
		return NULL;
	memcpy(&body, parcel->body, sizeof(body));
	fd = fd_lifted(parcel->fds[0]);
	if (fd < 0)
		return NULL;
	if (disk_file_new(fd, false, &o) != STATUS_SUCCESS) {
		close(fd);
		return NULL;
	}
	disk_file_from_object(o)->append = body.append != 0;
	return o;
}

/* A directory opens for backup only, and for nothing that would change it. */
static bool is_refused_directory(int fd, DWORD flags)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) &&
	       !(flags & FILE_FLAG_BACKUP_SEMANTICS);
}

npfs_status disk_file_open(const char *utf8_path, DWORD access, DWORD share,
			   DWORD disposition, DWORD flags, struct object **objp,
			   DWORD *informationp)
{
	const DWORD shares = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
	DWORD information;
	npfs_status status;
	struct object *o;
	char *path;
	int fd, error;

	if ((share & ~shares) || disposition < CREATE_NEW ||
	    disposition > TRUNCATE_EXISTING ||
	    (disposition == TRUNCATE_EXISTING && !wants_write(access)))
		return STATUS_INVALID_PARAMETER;
	if (!*utf8_path)
		return STATUS_OBJECT_PATH_NOT_FOUND;
	status = npfs_thread_may_act();
	if (status != STATUS_SUCCESS)
		return status;
	path = disk_file_posix_path(utf8_path);
	if (!path)
		return STATUS_NO_MEMORY;
	error = open_by_disposition(path, disposition, open_mode(access, flags), &fd,
				    &information);
	if (error) {
		status = open_error(path, error);
		goto out_path;
	}
	if (is_refused_directory(fd, flags))
		status = STATUS_ACCESS_DENIED;
	else
		status = disk_file_new(fd, false, &o);
	if (status != STATUS_SUCCESS) {
		close(fd);
		goto out_path;
	}
	disk_file_from_object(o)->append = wants_append(access);
	if (flags & FILE_FLAG_DELETE_ON_CLOSE) {
		disk_file_from_object(o)->delete_on_close = path;
		path = NULL;
	}
	*objp = o;
	if (informationp)
		*informationp = information;
out_path:
	free(path);
	return status;
}

/* transfers */

static off_t overlapped_offset(const OVERLAPPED *overlapped)
{
	return (off_t)((uint64_t)overlapped->OffsetHigh << 32 | overlapped->Offset);
}

/* Wait for a descriptor somebody made non-blocking. */
static void until_ready(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	poll(&p, 1, -1);
}

static ssize_t read_once(struct disk_file *f, void *buffer, size_t len, off_t offset)
{
	ssize_t n;

	for (;;) {
		n = offset >= 0 ? pread(f->fd, buffer, len, offset)
				: read(f->fd, buffer, len);
		if (n >= 0)
			return n;
		if (errno == EAGAIN)
			until_ready(f->fd, POLLIN);
		else if (errno != EINTR)
			return -errno;
	}
}

npfs_status disk_file_read(struct object *o, void *buffer, DWORD len,
			   const OVERLAPPED *overlapped, DWORD *donep)
{
	struct disk_file *f = disk_file_from_object(o);
	bool positioned = overlapped && f->seekable;
	off_t offset = positioned ? overlapped_offset(overlapped) : -1;
	ssize_t n;

	*donep = 0;
	if (positioned && offset < 0)
		return STATUS_INVALID_PARAMETER;
	if (positioned)
		pthread_mutex_lock(&f->position);
	n = read_once(f, buffer, len, offset);
	if (positioned && n >= 0)
		lseek(f->fd, offset + n, SEEK_SET);
	if (positioned)
		pthread_mutex_unlock(&f->position);
	if (n < 0)
		return n == -EBADF ? STATUS_ACCESS_DENIED
				   : npfs_status_from_errno((int)-n);
	*donep = (DWORD)n;
	if (n == 0 && len > 0 && f->type == FILE_TYPE_PIPE)
		return STATUS_PIPE_BROKEN;
	if (n == 0 && len > 0 && positioned)
		return STATUS_END_OF_FILE;
	return STATUS_SUCCESS;
}

/* write(2) that reports a reader's absence instead of raising SIGPIPE for it. */
static ssize_t write_quietly(int fd, const void *buffer, size_t len)
{
	const struct timespec at_once = {0, 0};
	sigset_t pipe_signal, pending, saved;
	ssize_t n;
	int error;

	sigemptyset(&pipe_signal);
	sigaddset(&pipe_signal, SIGPIPE);
	sigpending(&pending);
	pthread_sigmask(SIG_BLOCK, &pipe_signal, &saved);
	n = write(fd, buffer, len);
	error = errno;
	if (n < 0 && error == EPIPE && !sigismember(&pending, SIGPIPE))
		while (sigtimedwait(&pipe_signal, NULL, &at_once) < 0 && errno == EINTR)
			;
	pthread_sigmask(SIG_SETMASK, &saved, NULL);
	errno = error;
	return n;
}

static ssize_t write_once(struct disk_file *f, const void *buffer, size_t len,
			  off_t offset)
{
	if (offset >= 0)
		return pwrite(f->fd, buffer, len, offset);
	if (f->type == FILE_TYPE_PIPE)
		return write_quietly(f->fd, buffer, len);
	return write(f->fd, buffer, len);
}

/* All of it, or an errno and how far it came. */
static int write_all(struct disk_file *f, const char *buffer, size_t len, off_t offset,
		     size_t *donep)
{
	*donep = 0;
	while (*donep < len) {
		ssize_t n = write_once(f, buffer + *donep, len - *donep,
				       offset >= 0 ? offset + (off_t)*donep : -1);

		if (n >= 0)
			*donep += (size_t)n;
		else if (errno == EAGAIN)
			until_ready(f->fd, POLLOUT);
		else if (errno != EINTR)
			return errno;
	}
	return 0;
}

npfs_status disk_file_write(struct object *o, const void *buffer, DWORD len,
			    const OVERLAPPED *overlapped, DWORD *donep)
{
	struct disk_file *f = disk_file_from_object(o);
	bool positioned = f->seekable && (overlapped || f->append);
	off_t offset = -1;
	size_t done;
	int error;

	*donep = 0;
	if (positioned)
		pthread_mutex_lock(&f->position);
	if (f->seekable && overlapped)
		offset = overlapped_offset(overlapped);
	/* All bits set asks for the end of the file. */
	if (positioned && (f->append || offset == -1))
		offset = lseek(f->fd, 0, SEEK_END);
	if (positioned && offset < 0) {
		pthread_mutex_unlock(&f->position);
		return STATUS_INVALID_PARAMETER;
	}
	error = write_all(f, buffer, len, offset, &done);
	if (positioned && !error)
		lseek(f->fd, offset + (off_t)done, SEEK_SET);
	if (positioned)
		pthread_mutex_unlock(&f->position);
	*donep = (DWORD)done;
	switch (error) {
	case 0:
		return STATUS_SUCCESS;
	case EBADF:
		return STATUS_ACCESS_DENIED;
	case EPIPE:
		return STATUS_PIPE_CLOSING;
	case ENOSPC:
	case EDQUOT:
		return STATUS_DISK_FULL;
	default:
		return npfs_status_from_errno(error);
	}
}

npfs_status disk_file_flush(struct object *o)
{
	if (fsync(disk_file_fd(o)) == 0 || errno == EINVAL || errno == EROFS)
		return STATUS_SUCCESS;
	return errno == EBADF ? STATUS_ACCESS_DENIED : npfs_status_from_errno(errno);
}

/* position and size */

npfs_status disk_file_seek(struct object *o, int64_t distance, DWORD method,
			   int64_t *newp)
{
	struct disk_file *f = disk_file_from_object(o);
	int whence = method == FILE_BEGIN     ? SEEK_SET
		     : method == FILE_CURRENT ? SEEK_CUR
					      : SEEK_END;
	off_t now;

	if (method > FILE_END)
		return STATUS_INVALID_PARAMETER;
	if (!f->seekable)
		return STATUS_INVALID_DEVICE_REQUEST;
	pthread_mutex_lock(&f->position);
	now = lseek(f->fd, distance, whence);
	pthread_mutex_unlock(&f->position);
	if (now < 0)
		return STATUS_INVALID_PARAMETER;
	*newp = now;
	return STATUS_SUCCESS;
}

npfs_status disk_file_size(struct object *o, int64_t *sizep)
{
	struct stat st;

	if (disk_file_type(o) != FILE_TYPE_DISK)
		return STATUS_INVALID_DEVICE_REQUEST;
	if (fstat(disk_file_fd(o), &st) < 0)
		return npfs_status_from_errno(errno);
	*sizep = st.st_size;
	return STATUS_SUCCESS;
}

npfs_status disk_file_truncate(struct object *o)
{
	struct disk_file *f = disk_file_from_object(o);
	int error = 0;
	off_t now;

	if (!f->seekable)
		return STATUS_INVALID_DEVICE_REQUEST;
	pthread_mutex_lock(&f->position);
	now = lseek(f->fd, 0, SEEK_CUR);
	if (now < 0 || ftruncate(f->fd, now) < 0)
		error = errno;
	pthread_mutex_unlock(&f->position);
	if (error == EINVAL || error == EBADF)
		return STATUS_ACCESS_DENIED;
	return error ? npfs_status_from_errno(error) : STATUS_SUCCESS;
}
