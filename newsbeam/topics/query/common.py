"""How common words are in the news, roughly: enough to choose the rarest part of a query."""

from functools import lru_cache

_ALMOST_ALWAYS = frozenset(
    """the of and to a in for is on that by this with it as be are from at an was has have will
    not but or its their they he she his her we you i who which more than one all said about when
    de la le les et en des un une du que qui dans pour sur est par pas au plus avec ce il
    el los las y por con una para se del al lo como su der die das und den von mit im ist fur auf
    ein eine dem nicht sich zu auch es sie bei di e il che per non sono da o um uma os na no em van
    het een op te dat zijn met voor aan""".split()  # noqa: SIM905
)
_OFTEN = frozenset(
    """new year years first last also after before up out over can could would may last how what
    into just other some people time company companies world us two three says say like make made
    most many now only there these them then so if such where while because between through during
    against under week month day today week government state market business million billion
    percent president report according use used using work part high including since""".split()  # noqa: SIM905
)
_TECH = frozenset(
    """ai data google microsoft apple amazon meta openai chatgpt model models technology tech
    software app users online digital internet intelligence artificial generative training system
    systems tool tools platform content media law legal court public policy rules service services
    research security power energy industry global china europe european american""".split()  # noqa: SIM905
)
_BY_LENGTH = {1: 80.0, 2: 50.0, 3: 25.0, 4: 14.0, 5: 10.0, 6: 8.0, 7: 6.0, 8: 5.0, 9: 4.0}
_BEGINNINGS = {1: 1000.0, 2: 800.0, 3: 400.0, 4: 150.0, 5: 70.0, 6: 40.0}


@lru_cache(maxsize=100_000)
def commonness(key: str) -> float:
    """Return about how many of 1,000 articles hold a word (or, with ``*``, such a beginning)."""
    if " " in key:
        return min(commonness(word) for word in key.split(" ")) / 20
    if key.startswith("title:"):
        return commonness(key.removeprefix("title:")) / 20
    if key.startswith("twice:"):
        return commonness(key.removeprefix("twice:")) / 3
    if key.endswith("*"):
        return _BEGINNINGS.get(len(key) - 1, 40.0)
    if key in _ALMOST_ALWAYS:
        return 900.0
    if key in _OFTEN:
        return 350.0
    if key in _TECH:
        return 200.0
    return _BY_LENGTH.get(len(key), 3.0)


def is_common(word: str) -> bool:
    """Whether a word is in most articles of its language."""
    return word in _ALMOST_ALWAYS
