"""Which query parameters only say where a reader came from.

A key is dropped whatever its value, or only with a value that names a channel: ``source=rss`` is
tracking, ``source=42`` may be what tells two articles apart.
"""

import re

_PREFIXES = (
    "utm_", "mc_", "pk_", "mtm_", "piwik_", "matomo_", "hsa_", "_hs", "__hs", "at_", "fb_", "oly_",
    "vero_", "ga_", "wt_", "wt.", "ns_", "stm_", "itm_", "amp_", "bsft_", "guce_", "trk_", "ml_sub",
)  # fmt: skip
_TEXT_OF_KEYS = """
fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid ymclid twclid ttclid igshid igsh epik
li_fat_id mkt_tok _ga _gl _openstat _branch_match_id rb_clickid s_kwcid srsltid wickedid
zanpid ncid nr_email_referer ocid ito smid smtyp cmp cmpid icid intcid intcmp xtor soc_src
soc_trk guccounter ref_src ref_url referrer referer sharetype sharetoken shared share_id spm
s_cid sref taid emc partner instance_id regi_id segment_id unlocked_article_code giftcopy srnd
leadsource sh ftag mbid bxid cndid esrc hootpostid reflink usqp _amp amp outputamp
__twitter_impression __tn__ __cft__ feature_share dm_i trk mibextid rcm campaignid campaign_id
cmpgn elqtrackid elqtrack elqaid sc_campaign sc_channel sc_content sc_cid dicbo ssp_iabi
taboola tblci obclid outbrain_click_id phpsessid jsessionid aspsessionid fromrss wtmc ecid
"""
_KEYS = frozenset(_TEXT_OF_KEYS.split())
_TEXT_OF_CHANNEL_KEYS = """
ref source src from via medium campaign origin cid feed share mod context rss output
outputtype view format mobile m lang_source nl te recirc traffic_source
"""
_CHANNEL_KEYS = frozenset(_TEXT_OF_CHANNEL_KEYS.split())
_CHANNEL = re.compile(
    r"(?:rss|atom|feed|amp|e?-?mail|newsletter|nl|twitter|tw|x\.com|facebook|fb|linkedin|reddit|"
    r"hn|hackernews|instagram|telegram|whatsapp|tiktok|threads|bluesky|mastodon|flipboard|"
    r"google|googlenews|bing|yahoo|apple|applenews|msn|social|share|sharing|homepage|home|hp|"
    r"sitemap|push|app|mobile|web|desktop|copy|link|partner|syndication|true|widget|sidebar|"
    r"related|trending|mostread|most_read|top|footer|header)(?:$|[-_.: +\d|].*)"
)


def is_tracking(key: str, value: str) -> bool:
    """Say whether a query parameter (key and value decoded, lower case) is only tracking."""
    if key in _KEYS or key.startswith(_PREFIXES):
        return True
    if key not in _CHANNEL_KEYS:
        return False
    if key in {"m", "mobile"}:  # ?m=1 is a mobile page; ?m=202611 is a month of an archive
        return value in {"", "0", "1", "true", "yes"}
    if key in {"output", "outputtype", "view", "format"}:
        return value in {"amp", "amphtml", "mobile"}
    if key == "ref":
        return not value.isdigit()
    return not value or _CHANNEL.fullmatch(value) is not None
