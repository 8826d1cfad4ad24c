"""A page's text and its source in UTF-8: the source is not made anew where the body is it."""

import codecs

from hypothesis import example, given
from hypothesis import strategies as st

from newsbeam.articles.dom.decode import decode, decode_both

BODIES = st.one_of(
    st.binary(max_size=300), st.text(max_size=300).map(lambda t: t.encode("utf-8", "replace"))
)


@given(BODIES)
@example(codecs.BOM_UTF8 + "Über".encode())
@example("Über".encode("cp1252"))
@example("Über".encode("utf-16"))
@example(b"a\x00b")
@example("Über".encode()[:1])
def test_text_and_source_say_the_same(body: bytes) -> None:
    text, source = decode_both(body)
    assert text == decode(body)
    assert source == text.encode("utf-8", "surrogatepass")


def test_a_body_in_utf8_is_its_own_source() -> None:
    body = "<p>Die Fähre fährt wieder.</p>".encode()
    assert decode_both(body)[1] is body
