"""The words of the template writer: what it says when it knows a subject's name and nothing else.

`{Topic}` begins a sentence, where any noun phrase fits; `{title}` is a sentence of its own, which is right in every
grammar. A paragraph's first sentence becomes the heading of its slide.
"""

NOUN_OPENINGS: tuple[str, ...] = (
    "{Topic}, made clear in less than a minute. No jargon and no rush: just the idea, and why it matters.",
    "{Topic}, from the ground up. You need no background, only a minute and a little curiosity.",
    "{Topic}, in plain words. One minute, one idea at a time, and nothing to memorise.",
)

NOUN_POINTS: tuple[str, ...] = (
    "Start with the big picture. Ask what would be missing without it. That one question shows you where to look.",
    "Find the moving parts. Most subjects come down to two or three pieces, and the way they act on each other. "
    "Name them, and the rest falls into place.",
    "Follow one example. A single concrete case, taken all the way through, teaches more than ten definitions.",
)

QUESTION_OPENINGS: tuple[str, ...] = (
    "{Topic} It is a short question, and there is a reliable way to a good answer.",
    "{Topic} Questions like this look simple, and they reward a careful look.",
)

QUESTION_POINTS: tuple[str, ...] = (
    "Begin with what you can see. Describe it plainly, and explain nothing yet. "
    "A good description already rules out half of the wrong answers.",
    "Look for the cause. Ask what changes when the result changes, and what stays the same.",
    "Test the idea. Think of one case where it should hold, and one where it should fail. "
    "If both come out right, you are close.",
)

HOW_TO_OPENINGS: tuple[str, ...] = (
    "{Topic}, one step at a time. You do not need talent for this, only a good order of work.",
    "{Topic}, without the guesswork. The trick is not speed; it is doing the right things in the right order.",
)

HOW_TO_POINTS: tuple[str, ...] = (
    "Picture the result. Decide what done looks like before you begin, and write it down in one line.",
    "Gather what you need. List the tools, the materials and the time, and check that they are within reach. "
    "Most delays begin here.",
    "Take the smallest first step. Do it slowly, look at what happened, and only then go on. "
    "Small steps are easy to repair.",
)

TITLED_OPENINGS: tuple[str, ...] = (
    "{title} That is our subject today. No jargon and no rush: one idea at a time.",
    "{title} Let us take a minute to look at it properly, one idea at a time.",
)

TITLED_POINTS: tuple[str, ...] = (
    "Start with the big picture. Ask what this is about, who it concerns, and what would be different without it.",
    "Find the moving parts. Most subjects come down to two or three pieces, and the way they act on each other. "
    "Name them, and the rest falls into place.",
    "Follow one example. A single concrete case, taken all the way through, teaches more than ten definitions.",
)

SIGN_OPENING = (
    "Today's subject fits into one small sign. Let us take a minute to look at it properly, one idea at a time."
)

CLOSINGS: tuple[str, ...] = (
    "Now say it in your own words. If three sentences are enough for a friend to follow, it is yours to keep.",
    "Now put it to the test. Explain it to a friend in three sentences. Where you hesitate is where to look next.",
)

OTHER_LANGUAGES: dict[str, tuple[str, ...]] = {
    "cmn": (
        "{title}这就是接下来一分钟的主题。不用术语，不必着急，一次只讲一个想法。",
        "先看整体。问一问：它是什么，和谁有关，如果没有它，世界会少了什么？",
        "再看组成。大多数事物都由两三个部分构成，彼此相互作用。说得出它们的名字，就不会迷路。",
        "跟着一个例子走。一个具体的例子，从头到尾想清楚，胜过十个定义。",
        "现在用自己的话说一遍。如果三句话就能让朋友听懂，这份知识就属于你了。",
    ),
    "ar": (
        "{title} هذا هو موضوعنا في الدقيقة القادمة، بلا مصطلحات صعبة وبلا عجلة، فكرة بعد فكرة.",
        "لنبدأ بالصورة الكاملة. اسأل نفسك ما هو هذا الشيء، ومن يهمه الأمر، وماذا كان سينقص العالم لولاه.",
        "ثم ننظر إلى الأجزاء. معظم المواضيع تتكون من جزأين أو ثلاثة يؤثر بعضها في بعض. من يعرف أسماءها لا يضل الطريق.",
        "اتبع مثالا واحدا. حالة واحدة نفكر فيها حتى النهاية تعلمنا أكثر من عشرة تعريفات.",
        "والآن بكلماتك أنت. إذا كفتك ثلاث جمل ليفهم صديقك الفكرة، فقد صارت المعرفة ملكا لك.",
    ),
    "de": (
        "{title} Darum geht es in der nächsten Minute. Ohne Fachjargon und ohne Eile: ein Gedanke nach dem anderen.",
        "Zuerst das große Ganze. Frag dich, worum es geht, wen es betrifft und was ohne es fehlen würde.",
        "Dann die Bausteine. Die meisten Themen bestehen aus zwei oder drei Teilen, die aufeinander wirken. "
        "Wer sie benennen kann, behält den Überblick.",
        "Folge einem Beispiel. Ein einziger Fall, zu Ende gedacht, lehrt mehr als zehn Definitionen.",
        "Nun in eigenen Worten. Wenn drei Sätze genügen, damit ein Freund es versteht, gehört das Wissen dir.",
    ),
    "es": (
        "{title} De eso trata este minuto. Sin tecnicismos y sin prisa: una idea cada vez.",
        "Primero, la visión general. Pregúntate de qué trata, a quién le importa y qué faltaría sin ello.",
        "Después, las piezas. Casi todos los temas se reducen a dos o tres partes y a la manera en que se relacionan. "
        "Si sabes nombrarlas, no te pierdes.",
        "Sigue un ejemplo. Un solo caso concreto, llevado hasta el final, enseña más que diez definiciones.",
        "Ahora, con tus palabras. Si tres frases bastan para que un amigo lo entienda, ya es tuyo.",
    ),
    "fr": (
        "{title} Voilà le sujet de cette minute. Sans jargon et sans hâte : une idée à la fois.",
        "D'abord, la vue d'ensemble. Demande-toi de quoi il s'agit, qui cela concerne et ce qui manquerait sans cela.",
        "Ensuite, les éléments. La plupart des sujets tiennent en deux ou trois parties et en leurs relations. "
        "Sache les nommer, et le reste suivra.",
        "Suis un exemple. Un seul cas concret, mené jusqu'au bout, apprend plus que dix définitions.",
        "Maintenant, avec tes mots. Si trois phrases suffisent pour qu'un ami comprenne, c'est acquis.",
    ),
}
