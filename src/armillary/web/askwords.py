"""What an answer says, in Chinese: the texts of `armillary.audit` are English and made of few phrases, which are put over one by one.

A phrase that no rule knows stays as it is; a test says that none does.
"""

from __future__ import annotations

import re
from functools import cache

from armillary.audit import published
from armillary.audit.ask import AskAnswer
from armillary.audit.library.measures import measures
from armillary.registry import world

_TITLES = {
    "gii": "全球创新指数：排名与得分（以公开页面所载为准）",
    "highly-cited": "高被引科学家：人次",
    "innovation-cluster-counts": "全球创新指数创新集群前100名各国数量",
    "innovation-clusters": "全球创新指数创新集群（2024年以前为科技集群）",
    "nature-index-countries": "自然指数国家排名（按论文年份）",
    "research-leaders": "自然指数科研领导者（2023年以前为年度榜单）：机构，按论文年份",
    "science-cities": "自然指数科研城市，全部学科，按论文年份",
    "science-city-counts": "自然指数科研城市：前十名各国城市数，按论文年份",
    "science-city-facts": "自然指数科研城市：调整后份额的变化及各学科前十名",
    "chinese-cities": "中国城市研发：官方与媒体数据",
}
_UNITS = {
    "articles": "篇论文", "publications": "篇出版物", "works": "项成果", "accounts": "个账户", "applications": "件申请", "models": "个模型",
    "degrees": "个学位", "full-time equivalents": "人年", "national currency": "本币", "current PPP dollars": "现价购买力平价美元",
    "PPP dollars of 2020": "2020年不变价购买力平价美元", "US dollars": "美元", "current US dollars": "现价美元", "families": "个专利族",
    "persons": "人", "repositories": "个代码库", "pushes": "次推送", "laureates": "名获奖者", "per million people": "人/百万人口",
    "per thousand employed": "人/千名就业人员", "index, world = 100": "（世界=100）", "prizes": "项奖",
}  # fmt: skip
_WHOLES = {
    "GDP": "GDP", "Gross domestic product": "GDP", "researchers": "研究人员", "the world": "全球", "R&D expenditure": "研发经费",
    "the economy's publications": "该经济体出版物", "the economy's articles": "该经济体论文", "publications": "出版物", "articles": "论文",
    "the world's most cited": "全球高被引出版物", "PCT applications": "PCT申请", "manufactured exports": "制成品出口", "EU": "欧盟",
    "OECD": "经合组织",
}  # fmt: skip
_N = r"[-+]?[\d][\d,.]*"
_RULES: tuple[tuple[str, str], ...] = (
    (rf"rank ({_N}) in the (?:edition|year) (\d+), after rank ({_N})", "{1}年第{0}名，上一版第{2}名"),
    (rf"rank ({_N}) in the (?:edition|year) (\d+), after rank at least ({_N})", "{1}年第{0}名，上一版第{2}名或更后"),
    (rf"rank ({_N}) in the (?:edition|year) (\d+), the rank before is not at hand", "{1}年第{0}名，上一版名次未知"),
    (rf"the year before: ({_N})", "上一年第{0}名"),
    (r"the rank before is not at hand", "上一年名次未知"),
    (rf"rank ({_N}) in the (?:edition|year) (\d+)", "{1}年第{0}名"),
    (r"rank at least (\d+) in the (?:edition|year) (\d+)", "{1}年第{0}名或更靠后"),
    (r"rank (.+) in the (?:edition|year) (\d+)", "{1}年排名：{0}"),
    (r"rank (\d+) of (\d+) in (\d+), with (.+)", "{2}年在{1}个中排第{0}，{3:}"),
    (r"rank (\d+) to (\d+) of (\d+) in (\d+), with (.+)", "{3}年在{2}个中排第{0}至{1}，{4:}"),
    (r"rank (\d+) or lower of (\d+) in (\d+), with (.+)", "{2}年在{1}个中排第{0}或更靠后，{3:}"),
    (r"rank in (.+)", "历年排名：{0;}"),
    (r"ranks (.+) and (.+) in (\d+)", "{2}年分别排第{0}和第{1}"),
    (r"(\d+): (\d+) or lower", "{0}年第{1}或更靠后"),
    (r"(\d+): (?:no value|not known)", "{0}年未知"),
    (r"(\d{4}): (\d+)", "{0}年第{1}"),
    (r"no rank in (\d+)", "{0}年无排名"),
    (r"no rank of (.+) in (\d+): groups and series without a best end take none", "{0:}在{1}年无排名：国家集团与无优劣方向的序列不参与排名"),  # noqa: E501
    (r"without a value, and possibly above: (.+)", "无数据但可能更靠前者：{0:}"),
    (r"the neighbour is near, or the year is not sure", "与相邻者差距小，或年份不确定"),
    (rf"({_N}) in (\d{{4}})", "{1}年为{0}"),
    (rf"({_N}) of ({_N}) in (\d+): ({_N}) percent", "{2}年{1}中的{0}：{3}%"),
    (rf"({_N}) of the first (\d+) in (\d+)", "{2}年前{1}名中有{0}个"),
    (r"(.+) in (\d{4}) \(flag (.+)\)", "{1}年为{0:}（标记{2}）"),
    (r"(.+) in (\d{4}), and already in (\d{4})", "{1}年为{0:}，而{2}年已如此"),
    (r"(.+) in (\d{4}), never before \(from (\d{4})\)", "{1}年为{0:}，此前从未（自{2}年起）"),
    (r"(.+), the most of all years at hand", "{0:}，为现有各年之最"),
    (r"more in (\d{4})", "{0}年更多"),
    (r"(.+?), ([\d.]+)% from the number told: revisions and definitions differ by as much", "{0:}，与所述相差{1}%：修订与口径的差异也有这么大"),  # noqa: E501
    (r"(.+): true by the letter, and far from the number told", "{0:}：字面成立，但与所述数字相去甚远"),
    (rf"(.+) in (\d{{4}}), (.+) in (\d{{4}}): ([-+]?{_N}) percent", "{1}年{0:}，{3}年{2:}：变化{4}%"),
    (rf"(.+) in (\d{{4}}), (.+) in (\d{{4}}): ({_N}) points", "{1}年{0:}，{3}年{2:}：变化{4}个百分点"),
    (rf"(.+) in (\d{{4}}), (.+) in (\d{{4}}): times ({_N})", "{1}年{0:}，{3}年{2:}：为{4}倍"),
    (r"(.+) in (\d{4}), (.+) in (\d{4}): (.+)", "{1}年{0:}，{3}年{2:}：变化{4:}"),
    (rf"(\D+?) ({_N} .+), (\D+?) ({_N} .+) in (\d{{4}}): times ({_N})", "{4}年{0:}{1:}，{2:}{3:}：为{5}倍"),
    (rf"(\D+?(?: \(27\))?) ({_N} .+), (\D+?(?: \(27\))?) ({_N} .+) in (\d{{4}})", "{4}年{0:}{1:}，{2:}{3:}"),
    (r"(.+) passed (.+) in ([\d, ]+)", "{0:}于{2}年超过{1:}"),
    (r"(.+) was never ahead from (\d+) to (\d+)", "{1}至{2}年{0:}从未领先"),
    (r"(.+) was ahead in every year from (\d+) to (\d+)", "{1}至{2}年{0:}每年领先"),
    (r"(\d+) lies outside", "{0}年不在其内"),
    (r"held (\d+) of (\d+) years up to (\d+)", "截至{2}年，{1}年中有{0}年成立"),
    (r"held (\d+) of (\d+), to (\d+)", "截至{2}年，{1}次中有{0}次成立"),
    (r"held in each (?:edition|year) from (\d+) to (\d+)", "{0}至{1}年每年成立"),
    (r"known for (\d+) of (\d+), to (\d+)", "截至{2}年，{1}次中已知{0}次"),
    (r"no run known", "无已知的连续记录"),
    (r"no edition of (\d+|None) \(there are (\d+) to (\d+)\)", "无{0}年版（有{1}至{2}年）"),
    (r"no value of (\d+) for (.+) \(there are: (.+)\)", "{1:}无{0}年数据（有：{2:}）"),
    (r"no value for (.+)", "无{0:}的数据"),
    (r"no count of (\d+)", "无{0}年的数量"),
    (r"no count for (.+)", "无{0:}的数量"),
    (r"no list to count in", "没有可计数的榜单"),
    (r"no value in this table", "此表无数值"),
    (r"no total of (.+) in this (?:source|table)", "此来源无{0:}的总量"),
    (r"no total in this table", "此表无总量"),
    (r"'(.+)' is not in this table", "此表中没有“{0:}”"),
    (r"'(.+)' can mean more than one unit", "“{0:}”可指多个对象"),
    (r"the list of (\d+) is known down to rank (\d+)", "{0}年榜单仅知前{1}名"),
    (r"the table counts among the first (\d+)", "此表统计前{0}名"),
    (r"of another number of economies", "经济体总数不同"),
    (r"ranks within a group are not in this table", "此表没有组内排名"),
    (r"not a thing that this table tells", "此表不载此事"),
    (r"a number over a span of years: .+", "跨多年的数字：逐年、平均还是合计？"),
    (r"national currencies cannot be compared", "本币之间不能比较"),
    (r"the (?:edition|year) before is not known", "上一版未知"),
    (r"from which year to which\?", "从哪年到哪年？"),
    (r"no year with values of both", "没有双方都有数据的年份"),
    (r"(?:more|never) .+ ahead", "{0:}"),
    (r"nothing newer than (\d+) is at hand", "没有比{0}年更新的数据"),
    (r"points of a number that is no percentage", "非百分比数字的百分点"),
    (r"a share of what\?", "占什么的份额？"),
    (r"no number", "没有数字"),
    (r"(.+) more would reach (.+)", "再多{0:}即可追上{1:}"),
    (r"(.+) would need (.+) more to draw level", "{0:}需再多{1:}方可持平"),
    (r"a difference of (.+) closed", "{0:}的差距消失"),
    (r"a value outside of (.+)", "数值不在{0:}之内"),
    (r"a value at or below (.+)", "数值不超过{0}"),
    (r"a value at or above (.+)", "数值不低于{0}"),
    (r"a value above (.+)", "数值高于{0}"),
    (r"a value below (.+)", "数值低于{0}"),
    (r"a value within (.+)", "数值在{0:}之内"),
    (rf"({_N}) to ({_N})", "{0}至{1}"),
    (r"another edition", "另一版本"),
    (r"holds for (\d+) of (\d+) readings, by the definitions shown; another common one is not at hand", "按所示口径，{1}种解读中有{0}种成立；另一常用口径不在手边"),  # noqa: E501
    (r"holds for (\d+) of (\d+) readings, read as (.+)", "{1}种解读中有{0}种成立，读作{2:}"),
    (r"holds for (\d+) of (\d+) readings; not by: (.+)", "{1}种解读中有{0}种成立；不成立者：{2,}"),
    (r"holds for (\d+) of (\d+) readings: (.+)", "{1}种解读中有{0}种成立：{2,}"),
    (r"holds for (\d+) of (\d+) readings", "{1}种解读中有{0}种成立"),
    (r"holds, read as (.+)", "成立，读作{0:}"),
    (r"holds, by the definitions shown; another common one is not at hand", "按所示口径成立；另一常用口径不在手边"),
    (r"holds: (.+)", "成立：{0:}"),
    (r"holds", "成立"),
    (r"as of (\d+), the newest year at hand", "以现有最新的{0}年为准"),
    (r"not as it stands; it is true of (\d+)", "照原话不成立；对{0}年成立"),
    (r"the list is still being filled in: its edition at hand says otherwise", "该名录仍在增补：现有版本与所述不同"),
    (r"no source at hand agrees", "现有来源均不相符"),
    (r"the source at hand says otherwise", "现有来源与所述不同"),
    (r"too near, or a definition is missing", "差距太小，或缺少某种口径"),
    (r"no evidence at hand", "没有现成证据"),
    (r"no measure fits", "没有合适的指标"),
    (r"not read with certainty", "未能确切读懂"),
    (r"the number does not fit the measure", "数字与指标不符"),
    (r"a percentage of what\?", "什么的百分比？"),
    (r"unknown group", "未知的国家集团"),
    (r"membership", "成员范围"),
    (r"which year\?", "哪一年？"),
    (r"the numbers do not fit together: (.+)", "数字彼此不符：{0}"),
    (r"the numbers fit together: (.+)", "数字彼此相符：{0}"),
    (r"a measure of: nothing that is measured", "可度量的内容"),
    (r"a measure of: (.+)", "关于“{0}”的指标"),
    (r"a number in (.+) is no number of: (.+)", "以{0}计的数字不是此指标的数字：{1:}"),
    (r"the members of (.+)", "{0}的成员"),
    (r"the year: values are of single years", "年份：数值为单年值"),
    (r"values of the European Union with its members of that time .+", "按当时成员计算的欧盟数值（此处为今日27国）"),
    (r"values at market exchange rates \(here are values at purchasing power parity\)", "按市场汇率计算的数值（此处为购买力平价）"),
    (r"values in (.+) for this unit \(its national currency is (.+)\)", "该对象以{0}计的数值（其本币为{1}）"),
    (r"what the percentage is a part of, or a change from", "该百分比是什么的一部分，或相对什么的变化"),
    (r"other common definitions of this measure, which are not at hand", "该指标的其他常用口径（不在手边）"),
    (r"with whom\?", "与谁？"),
    (r"newer values", "更新的数值"),
    (r"this field of science", "该学科领域的数据"),
    (r"this measure for universities", "大学的这项指标"),
    (r"this measure from (.+)", "来自{0}的这项指标"),
    (r"the database that the sentence names", "句中所指的数据库"),
    (r"a source of this measure", "该指标的来源"),
    (r"counts among the first by country", "各国在前列的数量"),
    (r"not understood: (.+)", "未读懂：{0!}"),
    (r"subject: (.+), from the words before", "主语：{0:}（取自前文）"),
    (r"measure: (.+), from the words before or the title", "指标：{0}（取自前文或标题）"),
    (r"counted among the first (\d+)", "按前{0}名计数"),
    (r"the move is from the edition before", "变动相对于上一版"),
    (r"the move is from one edition to the next", "变动为相邻两版之间"),
    (r"the year (\d+), told before", "前文所述的{0}年"),
    (rf"({_N} .+) in (\d{{4}})", "{1}年为{0:}"),
    (rf"({_N}) percent of (.+)", "{1%}的{0}%"),
    (rf"({_N}) billion (.+)", "{0*}亿{1:}"),
    (rf"({_N}) (million|thousand) (.+)", "{0}{1:}{2:}"),
    (rf"({_N}) (.+)", "{0}{1:}"),
    (r"(.+) in (\d{4})", "{1}年为{0:}"),
)  # fmt: skip
_DOUBT_RULES = (
    (r"more than one subject: (.+)", "不止一个主语：{0,}"),
    (r"(.+): a number of something else", "“{0}”是别的东西的数量"),
    (r"the number (.+) in a comparison", "比较中另有数字“{0}”"),
    (r"(?:several|two) numbers: (.+)", "不止一个数字：{0}"),
    (r"(.+): who with whom, and what\?", "“{0}”：谁与谁，做什么？"),
    (r"(.+): by so much, or to so much\?", "“{0}”：增加这么多，还是增至这么多？"),
    (r"(.+) \(the date of the article is not given\)", "“{0}”（未给出文章日期）"),
)
_DOUBTS = {
    "no subject: which country, city or institution?": "没有主语：哪个国家、城市或机构？", "a target is not a value": "目标不是实际值",
    "in which years were these ranks?": "这些名次是哪几年的？", "in which years were these values?": "这些数值是哪几年的？",
    "by how much?": "变化多少？", "whose partner?": "谁的伙伴？", "nothing here that can be measured and judged": "没有可以度量和判断的内容",  # noqa: E501
    "the first time of what, and when?": "什么的首次，何时？", "the first time of what?": "什么的首次？",
    "what is it no longer?": "不再是什么？",
    "a rank by growth": "按增长排名",
    "compared with whom?": "与谁比较？", "who is ahead of whom?": "谁领先于谁？", "more than one rank": "不止一个名次",
    "how many years in a row?": "连续多少年？", "which rank or value was held?": "保持的是什么名次或数值？", "above or below?": "高于还是低于？",  # noqa: E501
    "more than two years": "不止两个年份", "more than one group to rank in": "不止一个排名范围",
    "the first time of something, or a rank?": "是首次，还是名次？", "a move from a rank that is not told": "变动前的名次未说明",
    "a number beside the overtaking": "超越之外另有数字", "a move in which year?": "哪一年的变动？",
}  # fmt: skip
_SMALL = {"million": "百万", "thousand": "千"}


@cache
def _names() -> dict[str, str]:
    """Names of units, series, measures and published tables -> Chinese."""
    found = {u.name: u.name_zh for u in world.units().values() if u.name_zh}
    found |= {s.name: s.name_zh for s in world.catalogue().series.values()} | {m.name: m.name_zh for m in measures()}
    found |= {published.load(*_loadable(t)).title: zh for t, zh in _TITLES.items()}
    found |= {t.title: "2023年科技集群" for t in world.catalogue().tables.values() if t.id == "clusters-2023"}
    return found | _WHOLES | _UNITS | _SMALL | {"Works written together": "共同完成的成果"}


def _loadable(table: str) -> tuple[str]:
    first = next(m for t, m in published.all_measures() if t == table)
    return (f"{table}/{first}" if first else table,)


@cache
def _compiled(which: str = "") -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(p), z) for p, z in (_DOUBT_RULES if which else _RULES))


def label(text: str) -> str:
    """A source as an answer names it: its title, source and vintage, partner or field."""
    if text in _names():
        return _names()[text]
    m = re.fullmatch(r"(.+?) (\([^()]+\))(?:(?:, with (.+))|(?:: (.+)))?", text)
    if m is None:
        return text
    first = _names().get(m[1], m[1])
    return first + m[2] + (f"，与{_names().get(m[3], m[3])}" if m[3] else f"：{_names().get(m[4], m[4])}" if m[4] else "")


def told(text: str) -> str:
    """One text of an answer in Chinese."""
    if text in _names():
        return _names()[text]
    if "; " in text and not text.startswith(("holds for", "holds, by", "not as it stands", "values", "what the", "the list is")):
        return "；".join(told(x) for x in text.split("; "))
    for title in sorted((t for t in _titles() if text.startswith(t + ": ") or text.startswith(t + " (")), key=len, reverse=True):
        end = text.find(": ", len(title))
        if end > 0 and label(text[:end]) != text[:end]:
            return f"{label(text[:end])}：{told(text[end + 2 :])}"
    for pattern, template in _compiled():
        m = pattern.fullmatch(text)
        if m is not None:
            return _put(template, m)
    for mark, joint in (("; ", "；"), (": ", "："), (", ", "，"), (" + ", "＋")):
        if mark in text:
            return joint.join(told(x) for x in text.split(mark))
    return label(text)


@cache
def _titles() -> tuple[str, ...]:
    return tuple(x for x in _names() if len(x) > 3)


def _put(template: str, m: re.Match[str]) -> str:
    def one(found: re.Match[str]) -> str:
        group, how = m[int(found[1]) + 1], found[2]
        if how == "!":
            return _doubt(group)
        if how == ",":  # several sources
            return (
                "、".join(label(x) for x in re.split(r"(?<=\)), ", group))
                if "(" in group
                else "、".join(label(x) for x in group.split(", "))
            )
        if how == ";":  # a rank in each of several years
            return "，".join(told(x) for x in re.split(r"[,;] (?=\d{4}:)", group))
        if how == "%":
            return _WHOLES.get(group) or told(group)
        if how == "*":  # a billion is ten times 亿
            value = float(group.replace(",", "")) * 10
            return f"{value:,.1f}".removesuffix(".0")
        return told(group) if how == ":" else group

    return re.sub(r"\{(\d)([:!,;*%]?)\}", one, template)


def _doubt(text: str) -> str:
    """What was not understood: a phrase of the reading, or a word of the sentence itself."""
    if text in _DOUBTS:
        return _DOUBTS[text]
    for pattern, template in _compiled("doubts"):
        m = pattern.fullmatch(text)
        if m is not None:
            return _put(template, m)
    return f"“{text}”"


def summary(answer: AskAnswer) -> str:
    """The whole answer on one line, in Chinese."""
    mine = [j for j in answer.judged if j.kind == answer.verdict] or list(answer.judged)
    out = []
    for j in mine if answer.verdict == "supported" else mine[:1]:
        line = told(j.says)
        if j.kind == "not-decidable":
            line += f"：{told(j.missing[0])}" if j.missing else ""
        elif j.best is not None:
            line += f"：{told(j.best.text)}〔{label(j.best.candidate.label)}〕"
        out.append(line)
    parts = f"（{len(mine)}/{len(answer.judged)}部分）" if len(mine) < len(answer.judged) else ""
    return "；".join(out) + parts
