"""What class names and ids say: quick, and the same as the patterns one by one."""

from hypothesis import given
from hypothesis import strategies as st

from newsbeam.articles.dom import blocks

WORDS = (
    "comments disqus respond reader-response readerresponse kommentare comentario comentário "
    "reacties related recommended recirc read-more readnext read-also more-from more-on more- "
    "stories also-read alsolike most-read mostviewed popular trending outbrain taboola teaser "
    "promo upnext up-next suggested further-reading furtherreading onward latest-news "
    "lateststories similar caption wp-caption credit footer newsletter nl-box nl_box "
    "subscribe signup sign-up share social author-bio authorbox about-author byline copyright "
    "disclaimer tag tags cookie consent breadcrumb sidebar paywall pay-wall reg-wall regwall "
    "piano tp-container gate gated barrier metered locked premium-box premium-content "
    "subscriber-wall subscription-offer subscribe-gate abo-box plus-wall offer-page offerwall "
    "leaky poool paid-content paidcontent article-restricted article-truncated non-subscriber "
    "nonsubscriber nav navigation menu masthead site-header siteheader mvp-post-add-box "
    "infinite-scroll infinitescroll elementor-share-buttons wp-block css-1x2y3 col-md-6 body "
    "text Story content_ main x "
)
FRAGMENTS = WORDS.split()
NAMES = st.lists(
    st.lists(st.sampled_from([*FRAGMENTS, "-", "_", "A"]), min_size=1, max_size=3).map("".join),
    max_size=4,
).map(" ".join)


@given(NAMES, st.booleans())
def test_names_say_what_the_patterns_find_in_all_of_them(names: str, upper: bool) -> None:
    names = names.upper() if upper else names
    found = {str(match.lastgroup) for match in blocks._PART.finditer(names)}
    if blocks._SCROLLED.search(names):
        found.add(blocks.SCROLLED)
    assert blocks._named("div", names, None)[0] == found


def test_every_fragment_is_looked_at() -> None:
    for name in FRAGMENTS:
        found = {str(match.lastgroup) for match in blocks._PART.finditer(name)}
        assert blocks._named_part(name) >= found, name
