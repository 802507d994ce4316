"""What the support measure knows about English and about the field of language models.

Sets of words, nothing else. Groups and poles are written as word stems' whole
words in lower case; `bot.wording` stems them. Words not named here still count:
they have to occur in the passage themselves.
"""

from __future__ import annotations

STOP = frozenset(
    """a about all already also always am an and another any anyone anything are around as at be
    because become becomes been being both but by can come comes could did do does doing done each
    either else even ever every everybody everyone everything especially first for from further
    get gets give gives given go goes had has have having he hence her here him his how however i
    if in including into is it its itself just keep keeps known let lets like made mainly make
    makes making many may me means might more most mostly much must my need needs needed of off
    often on once one ones only onto or other others our over own per probably put quite rather
    really s same say says second see set shall she should since so some somebody someone something
    such t take takes than that the their theirs them themselves then there therefore these they
    thing things third this those through thus to too typically until up upon us use used uses
    using usually very via want wants was way we well were what when where whether which while who
    whole whom whose why will with would yet you your yours yourself
    count counts few important know knows help helps like normal ordinary work works say stand
    stands including option options lesson""".split()
)
"""Words that carry no claim of their own."""

NEGATORS = frozenset("no not never nothing nobody none neither cannot hardly".split())
"""Words that turn a statement round. `nor` only continues what `neither` began."""

DEPRECATORS = frozenset(
    """wrong bad poor worst unsuitable unable miss misses missing overlook ignore neglect
    forget lack lacks lacking leave leaves leaving impossible fail fails prevent prevents
    avoid avoids useless""".split()
)
"""Words that turn it round by their meaning; beside a negator they turn it back."""

PRIVATIVES = frozenset("without except unlike minus".split())
"""Words that turn only what follows at once."""

AMBIGUOUS = frozenset("a am also an as die has he in me no on so was war".split())
"""Small words that other languages have too: no sign of English."""

FOREIGN = frozenset(
    """der das und ist ein eine einen einem nicht mit für von zu zum zur den dem des auf werden wird
    sich sie wie kann nur im el la los las un una unos unas de que en y con por para es se del al
    su sus lo tu más le les du est et une pour dans sur au aux ne pas qui il di che per non della
    dei sono um uma os não em da na ou é""".split()
)
"""Small words of German, Spanish, French, Italian and Portuguese: a sign that it is not English."""

NUMBERS = {
    "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
    "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "twice": "2", "twenty": "20",
    "thirty": "30", "forty": "40", "fifty": "50", "hundred": "100", "thousand": "thousand",
    "million": "million", "billion": "billion", "trillion": "trillion", "half": "half",
}  # fmt: skip
"""Words that say how many, and the number each is compared as."""

SYNONYMS = """
access reach available accessible
cost pay price expensive bill charge fee money
alter change changeable modify customize customization rebuild adapt edit adjust
build create develop develop produce design
company developer lab laboratory maker provider vendor firm
answer reply respond response
ask question query request
continue carry complete
follow obey
data document
fast instant immediate quick rapid speed soon delay direct wait
best good great highest ideal excellent top suitable recommend
accurate accuracy correct right precision
coding code programming
math mathematics
task job work purpose
gpu card graphics
host server infrastructure operate operation manage run deploy serve
train teach learn pretrain
helpful useful
example sample instance
drawback disadvantage downside con
benefit advantage pro strength
maintain maintenance service repair care look responsible
decide choose choice depend
local locally laptop computer machine
environment place
external outside else
send travel transmit transfer
private privacy
publicly public publish release
begin start
goal aim purpose target
people human person
prefer preference better
hide fold invisible
small tiny little narrow
expert specialist professional specialized
analyze analyse examine analysis
domain field subject area topic
law legal
medicine medical clinical hospital patient
finance financial bank
write draft
reduce shrink smaller decrease
ram memory
exercise practice
focus concentrate
program course certification lesson unit
optimize optimization tune
step intermediate
thought thinking reasoning thought
validate check try test
idea product
powerful performance capable quality
hidden secret
group ecosystem category kind family type
variant version stage
backbone foundation
scratch zero
pattern word
""".strip().splitlines()
"""Words that may stand for each other, a group a line."""

AXES = (
    ("more", "fewer less"),
    ("larger bigger", "smaller"),
    ("longer", "shorter"),
    ("increase grow rise", "decrease shrink fall"),
    ("high", "low little"),
    ("fast faster quick quickly speed immediate instant", "slow slower slowly"),
    ("before beforehand", "after afterwards"),
    ("download", "api"),
    ("public publish publicly", "secret closed private"),
    ("simple easy", "difficult hard complex"),
    ("useful helpful", "useless harmful"),
    ("cheap cheaper free", "expensive costly dearer"),
    ("unlimited", "limited"),
)  # fmt: skip
"""Opposites of the field: two poles each."""

SUBJECTS = {
    "ecosystem": {
        "frontier": r"frontier|closed[- ](?:weight|source|model|system)|proprietary",
        "open": r"open[- ](?:weight|source model|model)|self-hosted",
    },
    "variant": {
        "base": r"\bbase[- ]model|\bbase v(?:ariant|ersion)",
        "instruct": r"\binstruct\b|instruction-tuned|instruct-tuned",
        "reasoning": r"reasoning[- ](?:model|variant|version)",
        "tuned": r"fine-?tuned (?:model|variant|version)|\bspecialist",
    },
}
"""What the field's sentences are about: families whose members exclude each other."""

ACRONYMS = frozenset("llm llms ml ai api apis gpu gpus cpu cpus i".split())
"""Capitals that are no names."""
