# ruff: noqa: E501 - one line a case
"""Lines that come and go at every visit, notices in eight languages, and what only looks like one."""

import pytest

from newsbeam.articles.revisions import Reading, compare, fingerprint

TEXT = (
    "The ferry between Northhaven and the outer islands will run twelve times a day from May, the port authority said.",
    "Repairs to the eastern pier cost 4.2 million crowns and took five months longer than planned.",
    "Fishermen had asked for an earlier start.",
)
NOISE = (
    "1,204 views",
    "12 comments",
    "Updated 5 minutes ago",
    "Last updated: 3 March 2026, 14:02 GMT",
    "Published 2 hours ago",
    "Aktualisiert am 3. März 2026 um 14:02 Uhr",
    "Stand: 03.03.2026 14:02 Uhr",
    "Mis à jour le 3 mars 2026 à 14h02",
    "Actualizado: 03/03/2026 14:02h",
    "Aggiornato il 3 marzo 2026 alle 14:02",
    "Atualizado em 03/03/2026 às 14h02",
    "Bijgewerkt op 3 maart 2026 om 14:02",
    "Aktualizacja: 3 marca 2026, 14:02",
    "Advertisement",
    "ADVERTISEMENT - CONTINUE READING BELOW",
    "Anzeige",
    "Publicité",
    "Publicidad",
    "Pubblicità",
    "Publicidade",
    "Advertentie",
    "Reklama",
    "4 min read",
    "Lesezeit: 4 Minuten",
    "Temps de lecture : 4 min",
    "Share this article",
    "3.4K shares",
    "Read 2,311 times",
    "March 3, 2026 at 2:02 p.m. EST",
    "3 March 2026",
    "14:02",
    "This article was updated at 14:05 GMT on Tuesday.",
    "By Ann Lee",
    "Image credit: A. Bell",
    "Story continues below advertisement",
    "48 people are reading this right now",
    "Live: 1,203 watching",
    "Temperature in Northhaven: 4 °C",
    "Shares in Port plc: 104.2p (+1.2%)",
    "Comments (48)",
    "48 Kommentare",
    "Lu 1 204 fois",
    "Tempo di lettura: 3 minuti",
    "Czas czytania: 3 min",
    "Leestijd 3 minuten",
)
CORRECTIONS = (
    "Correction: An earlier version of this article misstated the cost.",
    "Correction (3 March): The pier cost 4.2 million, not 42 million.",
    "CORRECTION: This story has been corrected to show the pier cost 4.2 million crowns.",
    "Clarification: This article has been amended to make clear who owns the boat.",
    "Editor's note: A previous version of this story gave the wrong date for the first boat.",
    "This article was amended on 3 March 2026. An earlier version said that the pier cost 42 million.",
    "An earlier version of this story incorrectly said the ferry would carry cars.",
    "Korrektur: In einer früheren Version dieses Artikels hieß es, die Mole habe 42 Millionen gekostet.",
    "Anmerkung der Redaktion: In einer früheren Fassung stand ein falscher Betrag. Wir haben das korrigiert.",
    "Berichtigung: Die Mole kostete 4,2 Millionen.",
    "Rectificatif : une version précédente de cet article indiquait un coût erroné.",
    "Correction : le coût était de 4,2 millions, et non de 42 millions.",
    "Erratum : le premier bateau part le 4 mai.",
    "Mise à jour : une erreur s'est glissée dans la version initiale de cet article.",
    "Corrección: una versión anterior de este artículo indicaba un coste erróneo.",
    "Fe de errores: el muelle costó 4,2 millones.",
    "Fe de erratas: el primer barco sale el 4 de mayo.",
    "Rettifica: una versione precedente di questo articolo riportava un costo errato.",
    "Errata corrige: il molo è costato 4,2 milioni.",
    "Correção: uma versão anterior deste artigo indicava um custo errado.",
    "Errata: o primeiro barco parte em 4 de maio.",
    "Versão anterior desta reportagem informava incorretamente o custo do cais. O texto foi corrigido.",
    "Correctie: in een eerdere versie van dit artikel stond een verkeerd bedrag.",
    "Rectificatie: de pier kostte 4,2 miljoen.",
    "In een eerdere versie van dit bericht stond dat de pier 42 miljoen kostte. Dat is aangepast.",
    "Sprostowanie: w poprzedniej wersji artykułu podaliśmy błędny koszt.",
    "Korekta: molo kosztowało 4,2 miliona.",
    "W pierwotnej wersji tekstu błędnie podaliśmy koszt. Przepraszamy.",
)
RETRACTIONS = (
    "Retraction: We have retracted this article because the source could not be verified.",
    "This article has been retracted.",
    "Editor's note: This story has been retracted after the newspaper found that quotes were invented.",
    "The Island Times has withdrawn this story.",
    "We have removed this article, as it did not meet our standards.",
    "Rückzug: Wir haben diesen Artikel zurückgezogen.",
    "Dieser Artikel wurde zurückgezogen.",
    "Die Redaktion hat diesen Text zurückgezogen, da die Quelle nicht bestätigt werden konnte.",
    "Cet article a été retiré.",
    "Nous avons retiré cet article.",
    "Rétractation : cet article ne répondait pas à nos critères.",
    "Este artículo ha sido retirado.",
    "Hemos retirado este artículo por no cumplir nuestros criterios.",
    "Questo articolo è stato ritirato.",
    "Abbiamo ritirato questo articolo.",
    "Este artigo foi retirado.",
    "Esta reportagem foi despublicada.",
    "Dit artikel is ingetrokken.",
    "Wij hebben dit artikel teruggetrokken.",
    "Ten artykuł został wycofany.",
    "Artykuł został usunięty, ponieważ zawierał nieprawdziwe informacje.",
    "KILL: Story on harbour ferry has been killed",
)
STORIES = (
    "The minister said the figures needed correction: the budget was wrong.",
    "Corrections officers at the jail went on strike on Monday morning.",
    "The journal has retracted the study, its editor said on Tuesday.",
    "The company retracted its statement, and the shares fell.",
    "Der Minister zog seine Aussage zurück und bat um Entschuldigung.",
    "A correction in the market is likely: analysts see prices falling by a tenth.",
    "La correction de la dictée a duré trois heures, selon le maître.",
    "The party withdrew its candidate, and a new vote was called.",
    "La corrección de exámenes durará dos semanas más de lo previsto.",
    "A correção da inflação foi anunciada pelo governo na terça-feira.",
    "The newspaper retracted the story about the minister, he told reporters.",
    "Korekta granic gminy zakończy się w maju, zapowiedział burmistrz.",
    "Errata in ballots forced the commission to print new ones on Friday.",
)


def reading(*more: str, title: str = "Ferry runs again", text: tuple[str, ...] = TEXT) -> Reading:
    return Reading(title, "\n".join([*text, *more]))


BEFORE = reading()


@pytest.mark.parametrize("line", NOISE)
def test_counters_clocks_and_advertisements_are_no_revision(line: str) -> None:
    assert compare(BEFORE, reading(line)) is None
    assert fingerprint(BEFORE) == fingerprint(reading(line))


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        *((line, "correction") for line in CORRECTIONS),
        *((line, "retraction") for line in RETRACTIONS),
        *((line, "edit") for line in STORIES),
    ],
)
def test_an_outlet_s_own_notice_is_told_from_a_story_about_one(line: str, kind: str) -> None:
    found = compare(BEFORE, reading(line))
    assert found is not None
    assert found.kind == kind


def test_a_corrected_figure_is_a_revision_and_other_type_is_none() -> None:
    wrong = (TEXT[0], TEXT[1].replace("4.2", "42"), TEXT[2])
    assert compare(reading(text=wrong), BEFORE) is not None
    assert compare(BEFORE, reading(text=TEXT[::-1])) is None
    assert compare(BEFORE, reading(title="FERRY RUNS AGAIN")) is None
    assert (
        compare(reading("It cost 4,200 crowns in all."), reading("It cost 4200 crowns in all."))
        is None
    )
