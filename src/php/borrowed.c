/* PHP streams of the application's, as the loop and sendFile() need them. */
#include "shim.h"
#include "php_network.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static php_stream *ws_borrowed(zval *value)
{
	if (Z_TYPE_P(value) != IS_RESOURCE) {
		return NULL;
	}
	return zend_fetch_resource2_ex(value, NULL, php_file_le_stream(), php_file_le_pstream());
}

/* The descriptor to wait for; -1 where the stream has none. Under ws_protect: a user's stream wrapper is PHP code. */
int ws_borrowed_descriptor(zval *value)
{
	php_socket_t fd = -1;
	php_stream *stream = ws_borrowed(value);
	if (!stream || php_stream_cast(stream, PHP_STREAM_AS_FD_FOR_SELECT | PHP_STREAM_CAST_INTERNAL, (void *)&fd, 0) != SUCCESS) {
		return -1;
	}
	return (int)fd;
}

/* -1: closed; 1: PHP has read bytes already that nobody has taken, and the kernel knows nothing of them; 0: neither. */
int ws_borrowed_state(zval *value)
{
	php_stream *stream = ws_borrowed(value);
	return stream ? stream->writepos > stream->readpos : -1;
}

/* Opens a path or URL for reading, as fopen() would, without its warnings. */
bool ws_borrowed_open(const char *path, zval *value)
{
	php_stream *stream = php_stream_open_wrapper(path, "rb", 0, NULL);
	if (!stream) {
		return false;
	}
	php_stream_to_zval(stream, value);
	return true;
}

/*
 * A descriptor of our own for the rest of a plain file, from where the stream is read next; -1 where it is no plain file.
 * It has a position of its own where the system can give us one: the same stream may be sent to many.
 */
int ws_borrowed_file(zval *value)
{
	struct stat info;
	char name[32];
	int fd = -1, own;
	php_stream *stream = ws_borrowed(value);
	if (!stream || stream->readfilters.head ||
		php_stream_cast(stream, PHP_STREAM_AS_FD | PHP_STREAM_CAST_INTERNAL, (void *)&fd, 0) != SUCCESS ||
		fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
		return -1;
	}
	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	own = open(name, O_RDONLY | O_CLOEXEC);
	if (own < 0) {
		own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	}
	if (own >= 0 && lseek(own, php_stream_tell(stream), SEEK_SET) < 0) {
		close(own);
		own = -1;
	}
	return own;
}

/* Whether reading it waits for somebody: a socket or a pipe. */
bool ws_borrowed_waits(zval *value)
{
	struct stat info;
	int fd = ws_borrowed_descriptor(value);
	return fd >= 0 && fstat(fd, &info) == 0 && !S_ISREG(info.st_mode);
}

/* As fclose() does. */
void ws_borrowed_close(zval *value)
{
	php_stream *stream = ws_borrowed(value);
	if (stream) {
		php_stream_free(stream, PHP_STREAM_FREE_KEEP_RSRC | PHP_STREAM_FREE_CLOSE);
	}
}

/* Reads what is there; -1 at the end. */
ssize_t ws_borrowed_read(zval *value, char *place, size_t room)
{
	php_stream *stream = ws_borrowed(value);
	ssize_t count = stream ? php_stream_read(stream, place, room) : -1;
	return count > 0 ? count : !stream || php_stream_eof(stream) ? -1 : 0;
}
