/*
 * Sockets of the server as PHP streams.
 *
 * A stream holds no descriptor, only the number of its socket: Rust owns the socket, and what is written goes through
 * its outbox, in order with everything else. So a stream that outlives its client is harmless.
 */
#include "php.h"
#include "php_network.h"
#include "php_streams.h"

/* In stream.rs. None of them runs PHP code. */
extern ssize_t ws_socket_write(zend_long id, const char *bytes, size_t len);
extern bool ws_socket_is_open(zend_long id);
extern int ws_socket_descriptor(zend_long id);
/* The name's length, at most `room` bytes of it are copied; 0 where there is none. */
extern size_t ws_socket_name(zend_long id, bool remote, char *place, size_t room);
/* The stream is gone; with it, if `by_application`, the application wants the client gone. */
extern void ws_socket_closed(zend_long id, bool by_application);
/* The application wants the client gone; the stream is there until it is. */
extern void ws_socket_shut(zend_long id);

#define WS_NAME_ROOM 256

/* The number is kept where others keep a pointer; never null, so that a stream we close ourselves can be told apart. */
#define WS_ABSTRACT(id) ((void *) (uintptr_t) ((id) + 1))
#define WS_ID(stream) ((zend_long) (uintptr_t) (stream)->abstract - 1)

static ssize_t ws_stream_write(php_stream *stream, const char *bytes, size_t len)
{
	return ws_socket_write(WS_ID(stream), bytes, len);
}

/* What a client sends is the server's to read: for the application there is never anything, and at last the end. */
static ssize_t ws_stream_read(php_stream *stream, char *place, size_t room)
{
	(void) place;
	(void) room;
	stream->eof = !ws_socket_is_open(WS_ID(stream));
	return 0;
}

static int ws_stream_close(php_stream *stream, int close_handle)
{
	if (stream->abstract) {
		ws_socket_closed(WS_ID(stream), close_handle);
	}
	return 0;
}

static int ws_stream_flush(php_stream *stream)
{
	(void) stream;
	return 0;
}

static int ws_stream_cast(php_stream *stream, int as, void **result)
{
	int fd = ws_socket_descriptor(WS_ID(stream));
	if (fd < 0) {
		return FAILURE;
	}
	switch (as) {
		case PHP_STREAM_AS_FD_FOR_SELECT:
		case PHP_STREAM_AS_FD:
		case PHP_STREAM_AS_SOCKETD:
			if (result) {
				*(php_socket_t *) result = fd;
			}
			return SUCCESS;
		default:
			return FAILURE;
	}
}

static zend_string *ws_stream_name(php_stream *stream, bool remote)
{
	char place[WS_NAME_ROOM];
	size_t len = ws_socket_name(WS_ID(stream), remote, place, sizeof place);
	return len ? zend_string_init(place, len, 0) : NULL;
}

static int ws_stream_transport(php_stream *stream, php_stream_xport_param *param)
{
	switch (param->op) {
		case STREAM_XPORT_OP_GET_NAME:
		case STREAM_XPORT_OP_GET_PEER_NAME:
			if (param->want_textaddr) {
				param->outputs.textaddr = ws_stream_name(stream, param->op == STREAM_XPORT_OP_GET_PEER_NAME);
			}
			param->outputs.returncode = param->outputs.textaddr ? 0 : -1;
			return PHP_STREAM_OPTION_RETURN_OK;
		case STREAM_XPORT_OP_SEND:
			param->outputs.returncode = (int) ws_socket_write(WS_ID(stream), param->inputs.buf, param->inputs.buflen);
			return PHP_STREAM_OPTION_RETURN_OK;
		case STREAM_XPORT_OP_SHUTDOWN:
			/* The server ends its connections in order; a shutdown is the wish to have this one ended. */
			ws_socket_shut(WS_ID(stream));
			param->outputs.returncode = 0;
			return PHP_STREAM_OPTION_RETURN_OK;
		default:
			return PHP_STREAM_OPTION_RETURN_NOTIMPL;
	}
}

static int ws_stream_set_option(php_stream *stream, int option, int value, void *param)
{
	(void) value;
	switch (option) {
		case PHP_STREAM_OPTION_XPORT_API:
			return ws_stream_transport(stream, param);
		case PHP_STREAM_OPTION_CHECK_LIVENESS:
			return ws_socket_is_open(WS_ID(stream)) ? PHP_STREAM_OPTION_RETURN_OK : PHP_STREAM_OPTION_RETURN_ERR;
		case PHP_STREAM_OPTION_BLOCKING:
			/* The mode before: these never block. Asking for the other one changes nothing. */
			return 0;
		case PHP_STREAM_OPTION_READ_TIMEOUT:
		case PHP_STREAM_OPTION_READ_BUFFER:
		case PHP_STREAM_OPTION_WRITE_BUFFER:
			return PHP_STREAM_OPTION_RETURN_OK;
		case PHP_STREAM_OPTION_META_DATA_API:
			add_assoc_bool((zval *) param, "timed_out", 0);
			add_assoc_bool((zval *) param, "blocked", 0);
			add_assoc_bool((zval *) param, "eof", !ws_socket_is_open(WS_ID(stream)));
			return PHP_STREAM_OPTION_RETURN_OK;
		default:
			return PHP_STREAM_OPTION_RETURN_NOTIMPL;
	}
}

static const php_stream_ops ws_stream_ops = {
	ws_stream_write,
	ws_stream_read,
	ws_stream_close,
	ws_stream_flush,
	/* As stream_get_meta_data() had it for the sockets of stream_socket_server(). */
	"tcp_socket",
	NULL,
	ws_stream_cast,
	NULL,
	ws_stream_set_option,
};

/* Makes a stream and its resource; *value holds one count of the resource. */
php_stream *ws_stream_open(zend_long id, zval *value)
{
	php_stream *stream = php_stream_alloc(&ws_stream_ops, WS_ABSTRACT(id), NULL, "r+");
	/* The resource may go away with the application's arrays: that is not a wish to close the client. */
	stream->flags |= PHP_STREAM_FLAG_NO_SEEK | PHP_STREAM_FLAG_NO_BUFFER | PHP_STREAM_FLAG_NO_RSCR_DTOR_CLOSE
		| PHP_STREAM_FLAG_AVOID_BLOCKING;
	php_stream_auto_cleanup(stream);
	php_stream_to_zval(stream, value);
	return stream;
}

/* Closes a stream whose socket is gone; copies of its resource become "resource (closed)". */
void ws_stream_free(php_stream *stream)
{
	if (stream->ops == &ws_stream_ops) {
		stream->abstract = NULL;
	}
	php_stream_free(stream, PHP_STREAM_FREE_KEEP_RSRC | PHP_STREAM_FREE_CLOSE);
}

/* The FIFO as a stream of PHP's own, non-blocking. NULL, without a warning, where it can't be opened. */
php_stream *ws_stream_open_file(const char *path, zval *value)
{
	/* "r+": a FIFO that is opened for reading only waits for a writer, and is at its end when the last one leaves. */
	php_stream *stream = php_stream_open_wrapper((char *) path, "r+", 0, NULL);
	if (!stream) {
		return NULL;
	}
	php_stream_set_option(stream, PHP_STREAM_OPTION_BLOCKING, 0, NULL);
	php_stream_auto_cleanup(stream);
	php_stream_to_zval(stream, value);
	return stream;
}
