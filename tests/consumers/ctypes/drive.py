"""Sends and listens through the header alone, as somebody would who builds on it in another language.

    drive.py ava_imessage.h libava_imessage.so PHONE

The prototypes are read from the header. Nothing of the Python package is used.
"""

import ctypes
import re
import sys

header_path, library_path, phone = sys.argv[1:]
with open(header_path, encoding="utf-8") as header_file:
    header = re.sub(r"/\*.*?\*/", "", header_file.read(), flags=re.DOTALL)
library = ctypes.CDLL(library_path)

NUMBERS = {
    "bool": ctypes.c_bool,
    "int": ctypes.c_int,
    "int32_t": ctypes.c_int32,
    "int64_t": ctypes.c_int64,
    "uint16_t": ctypes.c_uint16,
    "uint32_t": ctypes.c_uint32,
    "uint64_t": ctypes.c_uint64,
    "size_t": ctypes.c_size_t,
    "ava_status": ctypes.c_int,
    "ava_log_level": ctypes.c_uint32,
    "void": None,
}
CALLBACKS = {
    "ava_message_callback": ctypes.CFUNCTYPE(
        None, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p
    ),
}


def of_c(declared):
    """A type of C's as one of ctypes'; handles and structs are pointers."""
    words = [word for word in re.findall(r"\w+|\*", declared) if word not in ("const", "struct")]
    name, stars = words[0], words.count("*")
    if name == "char" and stars == 1:
        return ctypes.c_char_p
    if stars == 2:
        return ctypes.POINTER(ctypes.c_void_p)
    if stars == 1 and name in NUMBERS and NUMBERS[name] is not None:
        return ctypes.POINTER(NUMBERS[name])
    if stars == 1:
        return ctypes.c_void_p
    return NUMBERS[name] if name in NUMBERS else CALLBACKS.get(name, ctypes.c_void_p)


def declare():
    """Gives each function of the library its prototype, and says how many there are."""
    count = 0
    for gives, name, takes in re.findall(r"^((?:\w+ )+\**)(ava_\w+)\(([^()]*)\);", header, flags=re.MULTILINE):
        function = getattr(library, name)
        function.restype = of_c(gives)
        parameters = [] if takes.strip() == "void" else takes.split(",")
        # Without the parameter's name.
        function.argtypes = [of_c(re.sub(r"\w+\s*$", "", parameter)) for parameter in parameters]
        count += 1
    return count


def structure(name):
    """A struct of the header's."""
    body = re.search(rf"typedef struct {name} {{(.*?)}} {name};", header, flags=re.DOTALL).group(1)
    fields = re.findall(r"([\w ]+?[ *]+)(\w+);", body)
    return type(name, (ctypes.Structure,), {"_fields_": [(field, of_c(kind.strip())) for kind, field in fields]})


class Failed(Exception):
    pass


def call(function, *arguments):
    """Calls what ends with `ava_error **error`."""
    error = ctypes.c_void_p()
    status = function(*arguments, ctypes.byref(error))
    if status != 0:
        words = library.ava_error_message(error).decode()
        code = library.ava_error_code(error).decode()
        library.ava_error_free(error)
        raise Failed(f"{code}: {words}")


def text_of(message):
    length = ctypes.c_size_t()
    # As bytes by its length: a NUL may be in it.
    library.ava_message_text.restype = ctypes.c_void_p
    start = library.ava_message_text(message, ctypes.byref(length))
    return ctypes.string_at(start, length.value).decode()


def main():
    print(f"{declare()} functions", file=sys.stderr)
    client = ctypes.c_void_p()
    call(library.ava_client_new, None, ctypes.byref(client))

    try:
        call(library.ava_check_phone, b"012")
    except Failed as failure:
        assert str(failure).startswith("invalid_request: "), failure
    else:
        raise AssertionError("012 is no phone")

    text = "From Python, \N{SNAKE}".encode()
    sent = ctypes.c_void_p()
    call(library.ava_client_send, client, phone.encode(), text, len(text), None, ctypes.byref(sent))
    assert library.ava_sent_message_message_id(sent).startswith(b"msg_")
    assert library.ava_sent_message_confirmation(sent) == b"response"
    library.ava_sent_message_free(sent)

    options = structure("ava_listen_options")()
    options.size = ctypes.sizeof(options)
    options.interval_ms = 200
    listener = ctypes.c_void_p()
    call(library.ava_client_listen, client, ctypes.byref(options), None, ctypes.byref(listener))
    print("listening", flush=True)
    message = ctypes.c_void_p()
    call(library.ava_listener_next, listener, 30_000, ctypes.byref(message))
    assert message.value is not None, "nothing came"
    assert library.ava_message_phone(message).decode() == phone
    print("got", text_of(message).encode().decode(), flush=True)
    call(library.ava_listener_ack, listener, message)
    library.ava_message_free(message)
    library.ava_listener_free(listener)

    call(library.ava_client_close, client)
    library.ava_client_free(client)
    call(library.ava_shutdown, 5_000)


main()
