"""What is a copy and what is not, in texts made up for it."""

import pytest

from newsbeam.stories.copies import sketch
from newsbeam.stories.grouper import Grouper, StoryInput
from newsbeam.stories.wording import (
    OPENING,
    align,
    opening,
    own_words,
    split_words,
    without_dateline,
)


def copied(first: str, second: str, language: str = "en") -> bool:
    grouper = Grouper()
    grouper.add(StoryInput("a", "What the first outlet put on top", first, language=language))
    made = grouper.add(StoryInput("b", "Another headline", second, language=language))
    return made.copy_of == "a"


BRIDGE = (
    "The old bridge over the Tarn will be closed to traffic from Monday for at least six weeks, "
    "the prefecture said. Engineers found cracks in two of the seven pillars during a routine "
    "inspection. Drivers are asked to use the motorway crossing. Residents fear long detours."
)
DEAL = (
    "AUSTIN, Texas, March 3, 2026 /PRNewswire/ -- Lumenwave Systems, Inc., a leading provider of "
    "photonic interconnects, today announced that it has entered into a definitive agreement to "
    "acquire Helio Photonics for approximately $420 million in cash. The transaction is expected "
    "to close in the second half of 2026, subject to customary closing conditions. “This "
    "acquisition accelerates our roadmap by two years,” said Dana Ortiz, chief executive."
)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (BRIDGE, BRIDGE),
        (BRIDGE, f"Share on Facebook. Print. {BRIDGE} © 2026 All rights reserved. Newsletter"),
        (BRIDGE, BRIDGE[: len(BRIDGE) // 2]),
        (BRIDGE[: len(BRIDGE) // 2], BRIDGE),
        (
            BRIDGE,
            "The old bridge over the Tarn is to be closed to traffic from Monday for at least six "
            "weeks, the prefecture said. Engineers had found cracks in two of its seven pillars "
            "during a routine inspection.",
        ),
        (
            BRIDGE,
            "Our readers in Castelnau had seen it coming: for years trucks have had to wait on "
            f"both banks. {BRIDGE} The town hall will inform on Thursday night.",
        ),
        (DEAL, DEAL.partition("-- ")[2].partition(" “")[0]),
    ],
)
def test_versions_of_one_text_are_copies(first: str, second: str) -> None:
    assert copied(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (  # one event, two reporters, one quotation
            "Mayor Rosa Delgado pledged on Tuesday to plant 50,000 trees by the end of the decade. "
            '"We owe our children shade in summer and clean air in winter, and we will not let '
            'budget arguments stand in the way of that promise," she told the council.',
            "In her annual address, Rosa Delgado defended the plan that has divided the city. "
            '"We owe our children shade in summer and clean air in winter, and we will not let '
            'budget arguments stand in the way of that promise," the mayor said to applause.',
        ),
        (  # a report on a press release
            DEAL,
            "Lumenwave Systems is buying Helio Photonics for $420 million in cash, the chipmaker "
            "said on Tuesday, as demand pushes photonics companies to merge. “This acquisition "
            "accelerates our roadmap by two years,” chief executive Dana Ortiz said.",
        ),
        (
            "Ardent Bank reported a quarterly profit of $2.1 billion on Thursday, up 14% from a "
            "year earlier and above the $1.9 billion that analysts had expected. Revenue rose 6% "
            "to $9.8 billion. Shares gained 3% in early trading.",
            "Ardent Bank's profit jumped 14% in the fourth quarter to $2.1 billion, beating "
            "expectations, as dealmaking recovered. Revenue climbed to $9.8 billion. The bank "
            "raised its dividend and its shares rose 3% on Thursday.",
        ),
    ],
)
def test_reports_of_one_event_in_own_words_are_not(first: str, second: str) -> None:
    assert not copied(first, second)


@pytest.mark.parametrize(
    ("template", "first", "second"),
    [
        (
            "Tonight: Partly cloudy with a low around {}. {} wind 5 to {} mph. {}: Mostly sunny, "
            "with a high near {}. {} wind 10 to 15 mph, with gusts up to {} mph. Chance of rain "
            "{} percent. Residents of {} County should expect light traffic delays.",
            (41, "West", 10, "Wednesday", 63, "Northwest", 25, 10, "Harlan"),
            (52, "East", 15, "Thursday", 71, "Southwest", 20, 30, "Mason"),
        ),
        (
            "Here are the winning numbers in {}'s drawing of the Powerball: {}. The estimated "
            "jackpot is {} million dollars. Tickets can be purchased at gas stations, convenience "
            "stores and grocery stores. Some airport terminals may also sell lottery tickets.",
            ("Saturday", "4, 18, 24, 51, 56, Powerball 18", 45),
            ("Monday", "7, 11, 33, 40, 62, Powerball 3", 61),
        ),
        (
            "Shares of {} rose {}% to ${} in early trading on Monday, outperforming the market. "
            "The stock has a market capitalization of ${} billion, a PE ratio of {} and a beta of "
            "{}. Its 50-day moving average is ${}. Analysts have a consensus rating of {} on the "
            "stock, with a target price of ${}.",
            ("Acme Corp", 2.3, 45.12, 12.4, 18.2, 1.1, 43.88, "Hold", 47),
            ("Borealis Inc", 1.7, 112.4, 3.9, 31.5, 0.84, 118.02, "Buy", 130),
        ),
        (
            "{}, {}, of {}, passed away peacefully on {}, surrounded by family. A memorial service "
            "will be held at {} a.m. on {} at {} Church. In lieu of flowers, memorial "
            "contributions may be made to the {}. Arrangements are by Miller Funeral Home.",
            ("Margaret Hughes", 84, "Springfield", "Friday", 11, "Saturday", "Grace", "Red Cross"),
            ("Walter Novak", 77, "Lakewood", "Sunday", 10, "Thursday", "St. Mary", "Cancer Fund"),
        ),
        (
            "A magnitude {} earthquake struck {} kilometers {} of {} at {} UTC on {} at a depth of "
            "{} kilometers, the United States Geological Survey said. There were no immediate "
            "reports of casualties or damage. No tsunami warning was issued.",
            (4.6, 35, "southeast", "Hualien, Taiwan,", "03:12", "Monday", 10),
            (5.2, 81, "west", "Port-Vila, Vanuatu,", "17:45", "Tuesday", 33),
        ),
    ],
)
def test_one_template_filled_twice_is_no_copy(
    template: str, first: tuple[object, ...], second: tuple[object, ...]
) -> None:
    assert not copied(template.format(*first), template.format(*second))


@pytest.mark.parametrize(
    ("language", "text", "cut", "other"),
    [
        (
            "zh",
            "国家统计局周五公布的数据显示,中国2月制造业采购经理指数为49.1%,比上月下降0.1个百分点。"
            "分析人士认为,春节假期因素影响了企业生产活动,预计3月份制造业景气水平将有所回升。"
            "国家统计局高级统计师表示,服务业商务活动指数继续保持在扩张区间。",
            "据国家统计局公布的数据,中国2月制造业采购经理指数为49.1%,比上月下降0.1个百分点。"
            "分析人士认为,春节假期因素影响了企业生产活动,预计3月份制造业景气水平将有所回升。",
            "中国制造业活动2月份连续第五个月收缩。官方制造业PMI从1月份的49.2降至49.1,符合经济学家预期。"
            "非制造业PMI升至51.4,好于预期。经济学家呼吁政府在即将召开的会议上推出更多刺激措施。",
        ),
        (
            "hi",
            "भारतीय रिजर्व बैंक ने शुक्रवार को रेपो दर में 25 आधार अंकों की कटौती की घोषणा की। गवर्नर ने कहा कि "
            "महंगाई में नरमी को देखते हुए मौद्रिक नीति समिति ने सर्वसम्मति से यह फैसला लिया।",
            "भारतीय रिजर्व बैंक ने रेपो दर में 25 आधार अंकों की कटौती की घोषणा की है। गवर्नर ने कहा कि महंगाई में "
            "नरमी को देखते हुए मौद्रिक नीति समिति ने सर्वसम्मति से यह फैसला लिया।",
            "आरबीआई ने लंबे इंतजार के बाद ब्याज दरें घटा दी हैं। केंद्रीय बैंक की मौद्रिक नीति समिति की "
            "तीन दिन चली बैठक के बाद नीतिगत दर 5.25 प्रतिशत रह गई है। शेयर बाजार में तेजी देखी गई।",
        ),
        (
            "th",
            "กรมอุตุนิยมวิทยาออกประกาศเตือนเรื่องพายุฤดูร้อนบริเวณประเทศไทยตอนบน ในช่วงวันที่ 1 ถึง 3 มีนาคม "
            "โดยจะมีพายุฝนฟ้าคะนอง ลมกระโชกแรง และลูกเห็บตกบางแห่ง ขอให้ประชาชนระวังอันตราย",
            "กรมอุตุนิยมวิทยาออกประกาศเตือนพายุฤดูร้อนบริเวณประเทศไทยตอนบน ในช่วงวันที่ 1 ถึง 3 มีนาคม "
            "โดยจะมีพายุฝนฟ้าคะนอง ลมกระโชกแรง และลูกเห็บตกบางแห่ง",
            "ชาวบ้านจังหวัดเชียงใหม่หลายสิบหลังคาเรือนได้รับความเสียหายจากพายุลูกเห็บเมื่อคืนที่ผ่านมา "
            "เจ้าหน้าที่เร่งสำรวจความเสียหายและแจกจ่ายผ้าใบให้ผู้ประสบภัย",
        ),
    ],
)
def test_copies_are_found_in_scripts_without_spaces_or_with_marks(
    language: str, text: str, cut: str, other: str
) -> None:
    assert copied(text, cut, language)
    assert not copied(text, other, language)


def test_a_text_of_nine_words_is_copied_word_for_word_or_not_at_all() -> None:
    text = "Police arrested a man after a stabbing in Leeds."
    for other, is_copy in (
        (text, True),
        ("Police arrested a man after a robbery in Derby.", False),
    ):
        grouper = Grouper()
        grouper.add(StoryInput("a", "Man held after stabbing in Leeds", text))
        made = grouper.add(StoryInput("b", "Leeds stabbing: arrest", other))
        assert (made.copy_of == "a") == is_copy


def test_a_short_teaser_opens_the_long_article_it_belongs_to() -> None:
    rest = (
        "The bridge was built in 1893 and last mended in 1978. Some 14,000 cars cross it daily. "
        "A shopkeeper on the left bank said that she feared for her trade before the holidays. "
        "The prefect wants to decide within two weeks whether lorries can ever use it again. "
        "A new bridge further down has been planned since 2009, but nobody has found the money. "
        "The region would pay a third, the state another third; the towns refuse to pay the rest. "
        "Bus lines 4 and 7 will turn back at the station, and school buses will leave earlier. "
        "Cyclists and people on foot may still cross, if they keep to the upstream side. "
    )
    assert copied(f"{BRIDGE} {rest}", BRIDGE)
    assert copied(BRIDGE, f"{BRIDGE} {rest}")


CHANNEL = (
    "Thank you for watching. Subscribe to our channel and ring the bell. Follow us on all the "
    "networks, find our shop and our newsletter below, and send your questions to the studio. "
    "Music by the house band. All views are those of our guests and not of this station. "
)


CHANNEL = (
    "Subscribe to the Harbour Channel for more. Follow us on every platform, leave a comment and "
    "switch the bell on. Watch our films about ships, bridges, markets and the people of the "
    "coast. 0:00 Start 0:35 Pillars 1:20 Motorway 2:40 What the town hall says. Music by Lio Fenn."
)


def test_a_teaser_is_found_in_what_a_channel_writes_under_its_film() -> None:
    teaser = "The ferry to Oster will sail only twice a day from Monday because two engines broke."
    assert copied(teaser, f"{teaser} {CHANNEL}")


FILM = "What will happen to the harbour wall of Oster after the storms?"


@pytest.mark.parametrize(("headline", "is_copy"), [(FILM, True), ("A wall and its town", False)])
def test_a_teaser_that_was_edited_is_known_by_its_headline(headline: str, is_copy: bool) -> None:
    film = (
        "Oster engineer Lena Fromm explains that driving the old piles deeper will be essential "
        f"before the town can pay for any new wall. {CHANNEL}"
    )
    teaser = "Engineer Lena Fromm: driving the old piles deeper is essential before any new wall"
    grouper = Grouper()
    grouper.add(StoryInput("a", f"{FILM} | HC #shorts", film, outlet="video.example"))
    made = grouper.add(StoryInput("b", headline, teaser, outlet="harbour.example"))
    assert (made.copy_of == "a") == is_copy


def test_a_dateline_is_no_part_of_the_text() -> None:
    sentence = (
        "The ferry company insisted Saturday that sailings must be put on hold after a week of "
        "storms that have shaken the coast, likely giving the port of Halden reason to close."
    )
    dateline = "NORTH OSTER, Republic of Alder (AP) — "
    rest = (
        " The first comments by the chairman, Jon Aske, come as the waves have taken three piers. "
        "Nobody was hurt, said the harbour master. Boats are to be brought in before nightfall."
    )
    assert copied(dateline + sentence, sentence.replace("likely", "perhaps") + rest)
    assert own_opening(dateline + sentence) == own_opening(sentence)


def own_opening(text: str) -> list[int]:
    made = sketch(text)
    assert made is not None
    return [int(code) for code in made.opening]


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("KYIV, Ukraine (AFP) -- The talks", "The talks"),
        ("PALM BEACH, Florida/WASHINGTON (Reuters) — The talks", "The talks"),
        ("LAGOS, Nigeria—The driver", "The driver"),
        ("SYDNEY – The talks", "The talks"),
        ("COVID-19 cases rose", "COVID-19 cases rose"),
        ("– Mam wszelkie powody – said he", "– Mam wszelkie powody – said he"),
        ("The talks (in Kyiv) - and", "The talks (in Kyiv) - and"),
        ("UEFA met on Monday – late", "UEFA met on Monday – late"),
    ],
)
def test_datelines_are_told_from_beginnings(text: str, rest: str) -> None:
    assert without_dateline(text) == rest


def test_a_teaser_that_is_hardly_more_than_a_quotation_is_compared_by_it() -> None:
    quotation = (
        "“We will rebuild the harbour wall before the autumn storms, whatever it costs this town, "
        "and nobody in Oster shall lose a house to the sea again as long as I am the mayor.”"
    )
    made = sketch(quotation)
    assert made is not None
    assert len(made.opening) == len(split_words(quotation))
    assert copied(quotation, f"{quotation} Full interview tonight.")


def test_a_standing_phrase_in_two_texts_makes_no_copy() -> None:
    phrase = "Read the Oster Gazette every day for more"
    assert not copied(f"{phrase}. The ferry was late.", f"The market opens on Monday. {phrase}.")


@pytest.mark.parametrize(
    ("outlet", "titles", "texts", "is_copy"),
    [
        (  # what a channel writes under every video
            "video.example",
            ("Why the harbour freezes", "The mayor's last budget"),
            (f"A look at ice. {CHANNEL}", f"A look at money. {CHANNEL}"),
            False,
        ),
        (  # a table of every day
            "rates.example",
            ("Rate of the euro, 1 March", "Rate of the euro, 2 March"),
            tuple(
                f"See how the rate of the euro has changed on {day} March 2026. Is it worth while "
                f"to change money today? Yesterday a euro was worth {rate} crowns. Our table is "
                "renewed every morning and every evening by our desk."
                for day, rate in ((1, 4.2271), (2, 4.2310))
            ),
            False,
        ),
        ("paper.example", ("Bridge closed for weeks", "Bridge closed"), (BRIDGE, BRIDGE), True),
        (  # a version with a little more
            "paper.example",
            ("Old bridge over the Tarn closed", "Old bridge over the Tarn closed for six weeks"),
            (BRIDGE, f"{BRIDGE} The mayor asked for patience and promised a shuttle bus."),
            True,
        ),
    ],
)
def test_what_one_outlet_writes_every_day_is_no_copy(
    outlet: str, titles: tuple[str, str], texts: tuple[str, str], is_copy: bool
) -> None:
    grouper = Grouper()
    for id, title, text in zip("ab", titles, texts, strict=True):
        made = grouper.add(StoryInput(id, title, text, outlet=outlet))
    assert (made.copy_of == "a") == is_copy


def test_long_quotations_are_not_the_outlets_own_words() -> None:
    said = own_words(
        'He said “no” twice. "We will run the country until then," Ms Lund\'s aide said.'
    )
    assert "twice" in said
    assert "aide said" in said
    assert "run the country" not in said
    assert "country" not in own_words("Er sagte: „Wir werden das country regieren, bis")
    assert own_words("the workers' rights and the players' union") == (
        "the workers' rights and the players' union"
    )


def test_words_keep_their_marks_and_runs_without_spaces_are_cut() -> None:
    assert split_words("हिन्दी में") == ["हिन्दी", "में"]
    assert split_words("特朗普AI") == ["特朗", "朗普", "ai"]


def test_an_alignment_keeps_the_order_and_counts_facts() -> None:
    one = opening("On Monday the mayor opened 12 new schools in Halden")
    same = align(one, one)
    assert (same.words, same.shared) == (10, 10 / 14)
    assert (same.facts, same.shared_facts) == (3, 3)
    assert align(one, one[::-1]).shared < same.shared
    assert align(one, opening("")).words == 0
    assert len(opening("word " * 500)) == OPENING


def test_addresses_are_no_words() -> None:
    line = "Article URL: https://{}.example/some/path Comments URL: https://news.example/{}"
    assert sketch(line.format("one", 1)) is None


WALL = (
    "To continue reading this article, please log in or subscribe. Subscribers get unlimited "
    "access to all our journalism, newsletters and podcasts. Already a subscriber? Sign in here."
)
LEAD = (
    "The mayor of Skar stepped down on Tuesday after the town had paid twice for one ferry, and "
    "said that she would hand over her office to her deputy before the winter."
)


@pytest.mark.parametrize(
    ("one", "other", "text", "outlet", "is_copy"),
    [
        ("Mayor of Skar resigns over ferry", "Storm closes the northern railway", WALL, "a", False),
        ("Mayor of Skar resigns over ferry", "Skar paid twice for one ship", LEAD, "a", True),
        ("Mayor of Skar resigns over ferry", "The storm in the teacup", LEAD, "b", True),
        ("", "Skar paid twice for one ship", LEAD, "b", True),
    ],
)
def test_what_stands_in_place_of_a_text_is_no_copy(
    one: str, other: str, text: str, outlet: str, is_copy: bool
) -> None:
    grouper = Grouper()
    first = grouper.add(StoryInput("1", one, text, outlet="a.example"))
    second = grouper.add(StoryInput("2", other, text, outlet=f"{outlet}.example"))
    assert (second.copy_of == "1") is is_copy
    assert (second.story == first.story) is is_copy


def test_one_form_with_other_names_in_its_headlines_is_no_copy() -> None:
    def weather(town: str, high: int, low: int) -> str:
        return (
            f"Weather in {town} on Tuesday: a high of {high} degrees and a low of {low} degrees, "
            "with light wind from the west. Chance of rain 20 percent. Sunrise at 7:12 am, "
            "sunset at 4:31 pm."
        )

    grouper = Grouper()
    grouper.add(StoryInput("1", "Weather in Hafen", weather("Hafen", 12, 4), outlet="a.example"))
    lund = StoryInput("2", "Weather in Lund", weather("Lund", 10, 3), outlet="b.example")
    assert grouper.add(lund).copy_of is None
    again = StoryInput("3", "Lund: the weather", weather("Lund", 10, 3), outlet="c.example")
    assert grouper.add(again).copy_of == "2"
