"""True sentences are never contradicted and false ones never supported, whatever the wording; most are decided."""

from __future__ import annotations

import pytest

from armillary.audit.ask import ask

TRUE = [
    "The United States is the second largest producer of scientific papers after China",
    "China has been the world's largest producer of scientific papers since 2018",
    "China has overtaken the United States as the world's largest producer of scientific articles",
    "South Korea has the second highest R&D intensity in the OECD",
    "Japan's share of world publications fell from 2010 to 2020",
    "Belgium, Sweden and Austria spend more than 3 percent of GDP on R&D",
    "EU R&D intensity was 2.2 percent in 2023",
    "The OECD average R&D intensity was 2.7 percent of GDP in 2023",
    "Business accounts for about 80 percent of R&D expenditure in South Korea",
    "In 2022 Germany's R&D spending was 121.4 billion euros",
    "Germany spends about 130 billion euros a year on research and development",
    "India's R&D spending is only 0.64 percent of GDP",
    "India spends less than 1 percent of its GDP on R&D",
    "China produced 898,949 science and engineering articles in 2022, almost twice as many as the United States",
    "More than half of Chinese PCT applications were filed by companies",
    "China filed more PCT applications than the United States in 2020",
    "Iran ranks 15th in the world in scientific production",
    "Saudi Arabia doubled its scientific articles between 2015 and 2020",
    "Brazil is the largest producer of scientific articles in Latin America",
    "Switzerland has more than 50,000 researchers",
    "Women account for 28 percent of researchers in Germany",
    "Spain's R&D spending grew by 15.8 percent in 2023",
    "The number of developers on GitHub in India is the second largest",
    "Tokyo-Yokohama is the second largest innovation cluster in 2025",
    "Munich ranked 22nd among science and technology clusters in 2023",
    "Cologne is the 25th innovation cluster in the world in 2023",
    "Germany has 7 of the top 100 innovation clusters in 2025",
    "China ranked 10th in the Global Innovation Index 2025",
    "China rose from 34th in 2012 to 11th in 2022 in the Global Innovation Index",
    "The Chinese Academy of Sciences is the leading institution in the Nature Index",
    "Harvard University is second in the Nature Index Research Leaders",
    "Beijing is the top science city in the Nature Index for the ninth consecutive year",
    "China has 1,406 Highly Cited Researchers in 2025",
    "Mainland China has the second largest number of Highly Cited Researchers in 2025",
    "Among the ten largest producers of scientific papers are Russia and Italy",
    "Italy publishes more articles than France and Spain",
    "Per capita, Switzerland publishes the most papers",
    "Austria's R&D intensity has exceeded 3 percent for ten years",
    "Johns Hopkins University spent 3.8 billion dollars on R&D in 2023",
    "Johns Hopkins University is first among US universities in R&D spending",
    "Russia is the 12th largest producer of scientific articles",
    "Taiwan's R&D intensity is close to 4 percent",
    "Finland's R&D expenditure was 3.1 percent of GDP in 2023",
    "Hungary spends less than 2 percent of GDP on R&D",
    "In 2021, Japan had 690,000 researchers",
    "The number of researchers in Korea exceeded 480,000 in 2022",
    "Chile spends less than 0.5 percent of its GDP on R&D",
    "China's basic research accounts for 6.8 percent of R&D expenditure in 2023",
    "Basic research makes up 6.7 percent of China's R&D spending",
    "Australia's R&D spending fell to 1.7 percent of GDP in 2021",
    "Germany ranked fourth in PCT applications in 2018",
    "Chinese PCT applications rose from 2010 to 2020 by more than 400 percent",
    "中国的基础研究经费占研发经费的6.8%",
    "中国在全球创新指数中排名第十",
    "2023年德国研发经费占GDP的3.1%",
    "2023年韩国研发经费占国内生产总值的比重约为5%",
    "美国的研发强度高于法国",
    "中国拥有24个全球百强创新集群",
    "2025年中国有24个集群进入全球前100",
    "Estados Unidos es el segundo productor mundial de artículos científicos",
    "Corea del Sur es el segundo país con mayor intensidad de I+D del mundo",
    "Colombia invierte menos del 0,5 % de su PIB en I+D",
    "Suecia gasta más en I+D que España en porcentaje del PIB",
    "Les Pays-Bas consacrent 2,2 % de leur PIB à la R&D",
    "La Chine est le premier producteur mondial de publications scientifiques",
    "L'Allemagne a dépensé 132 milliards d'euros en R&D en 2023",
    "La Suisse compte plus de 50 000 chercheurs",
    "Israel gibt über 6 Prozent des BIP für Forschung und Entwicklung aus",
    "Die USA gaben 2023 rund 950 Milliarden Dollar für Forschung und Entwicklung aus",
    "Finnland gibt mehr als 3 Prozent seines BIP für FuE aus",
    "In China arbeiten mehr als 3 Millionen Forscher",
    "Die Zahl der Forscher in Deutschland liegt bei rund 500.000",
    "Deutschland hat 2025 sieben der Top 100 Innovationscluster",
]
FALSE = [
    "Japan is the second largest producer of scientific papers",
    "France spends more than 3 percent of its GDP on R&D",
    "Italy spends 3.5 percent of GDP on R&D",
    "Russia is the third largest producer of scientific papers",
    "India overtook China in scientific papers in 2020",
    "The United States publishes twice as many papers as China",
    "Spain has a higher R&D intensity than Germany",
    "China spent 3.6 billion yuan on R&D in 2024",
    "Korea's R&D intensity is below 2 percent",
    "Germany's R&D spending fell by 20 percent in 2023",
    "Mexico is among the top five producers of scientific papers",
    "Tokyo-Yokohama is the largest innovation cluster in 2025",
    "China ranked 5th in the Global Innovation Index 2025",
    "The EU spends 5 percent of GDP on R&D",
    "Half of the world's scientific articles come from the United States",
    "Die Schweiz ist der größte Produzent wissenschaftlicher Publikationen",
    "España es el segundo productor mundial de artículos científicos",
    "La France consacre 4 % de son PIB à la recherche",
    "印度的研发强度超过3%",
    "日本的论文数量居世界第一",
    "Brazil accounts for 20 percent of global publications",
    "China's GERD rose by 50 percent in 2023",
    "Portugal spends more on R&D than France",
    "Women account for 60 percent of researchers in Japan",
    "Seoul is the first science city in the Nature Index 2024",
    "The United States has 40 of the top 100 innovation clusters in 2024",
    "Israel's R&D intensity has been below 3 percent since 2015",
    "Stanford University spent 38 billion dollars on R&D in 2022",
    "Deutschland hat 2025 siebzig der Top 100 Innovationscluster",
    "Les Pays-Bas consacrent 22 % de leur PIB à la R&D",
    "Colombia invierte más del 3 % de su PIB en I+D",
    "中国在全球创新指数中排名第三",
    "2023年德国研发经费占GDP的6.1%",
    "Finland's R&D expenditure was 1.3 percent of GDP in 2023",
    "The number of researchers in Korea exceeded 5 million in 2022",
    "Estados Unidos es el quinto productor mundial de artículos científicos",
    "China has overtaken the United States in R&D intensity",
    "L'Allemagne a dépensé 132 millions d'euros en R&D en 2023",
    "Chile spends 2.5 percent of its GDP on R&D",
]


@pytest.mark.parametrize("sentence", TRUE)
def test_a_true_sentence_is_never_contradicted(sentence: str) -> None:
    assert ask(sentence).verdict not in ("contradicted", "inconsistent")


@pytest.mark.parametrize("sentence", FALSE)
def test_a_false_sentence_is_never_supported(sentence: str) -> None:
    assert ask(sentence).verdict != "supported"


def test_most_of_them_are_decided() -> None:
    right = sum(ask(s).verdict.startswith("supported") for s in TRUE) + sum(ask(s).verdict == "contradicted" for s in FALSE)
    assert right >= 0.75 * (len(TRUE) + len(FALSE))
