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
