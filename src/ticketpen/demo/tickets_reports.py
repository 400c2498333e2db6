"""Demo tickets about reports, charts and exports."""

from ticketpen.demo.story import DemoMessage, DemoTicket, prose

NAN_REVENUE = DemoTicket(
    by="rick",
    subject="Revenue chart falls to zero for a week and says NaN",
    days_ago=2.2,
    priority="high",
    final_status="in_progress",
    messages=(
        DemoMessage(
            by="rick",
            minutes_after_opening=0,
            files=("Screenshot 2026-03-02 at 10.14.33.png",),
            body=prose("""
                Since this morning our revenue report has a hole from the 14th to the 20th, the
                total is “€ NaN” and one of the dates is called “Invalid Date”. The money is there,
                I can see the payments under Billing. It's the picture that's broken.

                I have my monthly call with the daughters (they own the other half of the company)
                tomorrow at 9 and this is the one chart we always look at.
            """),
        ),
        DemoMessage(
            by="ada",
            minutes_after_opening=22,
            body=prose("""
                Morning Rick, thanks for the picture. Could you do two things for me?

                | 1. Set the plan filter to “Team” only. Does the hole disappear?
                | 2. Tell me whether anybody changed a price on the 14th.
            """),
        ),
        DemoMessage(
            by="rick",
            minutes_after_opening=41,
            body="1. Yes! With Team only it's fine. 2. My daughter Maeve put the Scale plan up to"
            " 18,50 that day. She typed it with a comma. Is that it?",
        ),
        DemoMessage(
            by="ada",
            minutes_after_opening=58,
            body=prose("""
                That is it, and it is our fault and not Maeve's: a price field must understand a
                comma or refuse it, never swallow it. The payments themselves used the right price.

                For tomorrow: if you open the price in Settings → Plans, type 18.50 with a point and
                save, the chart heals within ten minutes or so.
            """),
        ),
        DemoMessage(
            by="rick",
            minutes_after_opening=77,
            body=prose("""
                Healed. Call saved.

                Only the comparison with last month still says NaN %. I can live with that until you
                fix the real thing.
            """),
        ),
        DemoMessage(
            by="ada",
            minutes_after_opening=1530,
            body="The fix for the comma goes out with Thursday's release; the percentage is the"
            " same fault and goes with it. I keep this ticket open until I have seen your chart"
            " whole again.",
        ),
    ),
)

PHONE_LABELS = DemoTicket(
    by="cleo",
    subject="City names pile up on a phone",
    days_ago=0.7,
    priority="low",
    final_status="open",
    messages=(
        DemoMessage(
            by="cleo",
            minutes_after_opening=0,
            files=("IMG_4021.jpg",),
            body=prose("""
                A small one for a quiet day: on my phone the names under the bars in “Visits by
                city” lie on top of each other, and the first number is cut off. I know who is who
                from the list below, but I wanted to show the chart to a client over lunch and we
                both laughed.

                Maybe lying bars instead of standing ones when the screen is narrow?
            """),
        ),
    ),
)

STUCK_EXPORT = DemoTicket(
    by="adaeze",
    subject="Weekly export stands at 99 % since yesterday afternoon",
    days_ago=0.6,
    priority="urgent",
    final_status="in_progress",
    messages=(
        DemoMessage(
            by="adaeze",
            minutes_after_opening=0,
            files=("export-99-percent.png",),
            body=prose("""
                events-week-09.csv has been one row away from done for almost 18 hours. Last week's
                export timed out as well, so we now miss two weeks.

                Our drivers' bonuses are calculated from this file and must be paid tomorrow at noon
                (Lagos). 140 people are waiting for it. I tried: reload, another browser, another
                colleague. I have not pressed Cancel, because I don't want to lose the place.
            """),
        ),
        DemoMessage(
            by="max",
            minutes_after_opening=9,
            body=prose("""
                Hello Adaeze, I have it in front of me. Good that you did not press Cancel, though
                nothing would have been lost.

                The last row contains an event of 31 MB, someone's file uploaded as an event
                property, and the writer waits for it forever. I am producing both weeks by hand
                now, with that one property left out. You'll have them well before your noon.
            """),
        ),
        DemoMessage(
            by="max",
            minutes_after_opening=96,
            body=prose("""
                Both files are in your Exports list, marked “made by support”:

                | events-week-08.csv   2,871,006 rows   641 MB
                | events-week-09.csv   2,913,441 rows   655 MB

                Would you check the totals against what you expect before you pay anyone?
            """),
        ),
        DemoMessage(
            by="adaeze",
            minutes_after_opening=143,
            body=prose("""
                Both totals agree with our own count to the last trip. Bonuses go out tonight, a day
                early even. On behalf of 140 drivers: thank you.

                What will happen next Monday, when week 10 is due?
            """),
        ),
        DemoMessage(
            by="max",
            minutes_after_opening=160,
            body="The limit for one property comes back on Friday; it was lost in a rewrite in"
            " January. I will sit next to your export on Monday and only then close this.",
        ),
    ),
)

GARBLED_CSV = DemoTicket(
    by="haruka",
    subject="CSVエクスポートの日本語が文字化けします",
    days_ago=12.5,
    priority="normal",
    final_status="resolved",
    messages=(
        DemoMessage(
            by="haruka",
            minutes_after_opening=0,
            files=("garbled_export.png",),
            body=(
                "お世話になっております。木工所で経理を担当している北野です。\n\n"
                "顧客一覧をCSVで書き出し、表計算ソフトで開くと、\n"
                "日本語の部分がすべて文字化けします。\n"
                "数字とIDは正しく表示されます。先月までは問題ありませんでした。\n\n"
                "毎月20日に税理士へ送るファイルなので、\n"
                "それまでに直す方法があれば教えていただけますか。\n"
                "画面の写真を添付します。"
            ),
        ),
        DemoMessage(
            by="ada",
            minutes_after_opening=385,
            body=(
                "北野様\n\n"
                "ご連絡と画像をありがとうございます。ご不便をおかけして申し訳ありません。\n\n"
                "先週の更新で、ファイルの先頭に付けていた目印（BOM）が抜けてしまいました。\n"
                "そのため、表計算ソフトが文字コードを正しく判別できません。データは壊れていません。\n\n"
                "修正が出るまでは、書き出し画面の「形式」で\n"
                "「CSV（UTF-8、BOM付き）」を選んでください。\n\n"
                "アダ"
            ),
        ),
        DemoMessage(
            by="haruka",
            minutes_after_opening=1405,
            body=(
                "教えていただいた形式で、正しく開けました。\n"
                "20日に間に合います。ありがとうございました。"
            ),
        ),
        DemoMessage(
            by="ada",
            minutes_after_opening=4310,
            body=(
                "よかったです。本日の更新で、通常のCSVにも目印が戻りました。\n"
                "これからは形式を選び直さなくても、そのまま開けます。"
            ),
        ),
    ),
)

DARK_MODE = DemoTicket(
    by="lea",
    subject="Customers page is black on black in dark mode",
    days_ago=6.3,
    priority="normal",
    final_status="open",
    messages=(
        DemoMessage(
            by="lea",
            minutes_after_opening=0,
            files=("dark mode unreadable.webp",),
            body=prose("""
                Since the update of this week I cannot read the Customers page in dark mode: the
                text has almost the colour of the background. The menu on the left is fine.

                I don't use dark mode because it is pretty: after an operation on my eyes, a bright
                screen hurts after some minutes. So please don't tell me to switch to light mode.
                :)
            """),
        ),
        DemoMessage(
            by="max",
            minutes_after_opening=64,
            body=prose("""
                Hi Léa, I would not dare. And thank you for telling us why it matters to you.

                Tables lost their dark colours on Tuesday. The correction is small and goes out this
                afternoon; a reload will be enough.
            """),
        ),
        DemoMessage(
            by="max",
            minutes_after_opening=330,
            body="It is out. I checked Customers, Segments and Billing in dark mode, every text now"
            " has a contrast of 7 : 1 or better.",
            then="resolved",
        ),
        DemoMessage(
            by="lea",
            minutes_after_opening=7260,
            body=prose("""
                It was good for some days, merci, but now the small window for “Add customer” is
                grey on grey: the labels over the fields and the text that I type. The table behind
                it is still fine. Perhaps the same accident in another corner?
            """),
        ),
    ),
)

LATE_DIGEST = DemoTicket(
    by="siobhan",
    subject="Monday digest arrives an hour late since the clocks changed",
    days_ago=55.6,
    priority="low",
    final_status="closed",
    messages=(
        DemoMessage(
            by="siobhan",
            minutes_after_opening=0,
            body=prose("""
                The weekly digest used to land at 8:00, before our stand-up. Since the clocks
                changed it lands at 9:00, after it. The setting still says 8:00 Dublin. Not the end
                of the world, but the stand-up is a bit dull without it.
            """),
        ),
        DemoMessage(
            by="ada",
            minutes_after_opening=155,
            body=prose("""
                A dull stand-up is a serious matter! The time was stored as a distance from UTC when
                you created the digest in winter, so it did not move with the clocks. I have saved
                yours again as “8:00 in Dublin”, and new ones are stored that way too.

                Would you tell me on Monday whether it came in time?
            """),
        ),
        DemoMessage(
            by="siobhan",
            minutes_after_opening=7215,
            body="8:00 on the dot. And the stand-up was still dull, but that's on us.",
        ),
        DemoMessage(
            by="ada",
            minutes_after_opening=7260,
            body="Ha! There is no setting for that one. Closing this, have a good week.",
        ),
    ),
)

TWO_TOTALS = DemoTicket(
    by="ines",
    subject="Overview says € 41,870, report says € 41,212",
    days_ago=20.8,
    priority="normal",
    final_status="resolved",
    messages=(
        DemoMessage(
            by="ines",
            minutes_after_opening=0,
            body=prose("""
                Same month, same workspace, same filters (none), but the Overview and the Revenue
                report disagree by € 658. Which of the two may I show to our investors?
            """),
        ),
        DemoMessage(
            by="max",
            minutes_after_opening=84,
            body=prose("""
                The report. The Overview turns your sales in pounds into euros with today's rate,
                the report with the rate of the day of the payment, as an accountant would. You sold
                for about £ 30,000 last month, and the pound rose a little over two percent.

                I agree that two numbers with one name are a trap. Since this morning the Overview
                says “at today's rates” under the sum, and from next month on both will use the rate
                of the day.
            """),
        ),
        DemoMessage(
            by="ines",
            minutes_after_opening=102,
            body="Clear, thank you. I'll quote the report.",
        ),
    ),
)

EMPTY_SEGMENT = DemoTicket(
    by="jose",
    subject="Segment “Churn risk” has been empty since we renamed a property",
    days_ago=2.4,
    priority="normal",
    final_status="open",
    messages=(
        DemoMessage(
            by="jose",
            minutes_after_opening=0,
            body=prose("""
                Hola, on Friday I renamed the property last_login to last_seen_at. Since then the
                segment “Churn risk” shows 0 customers; before it was around 60. The rule in the
                editor looks right, it already has the new name:

                | last_seen_at  is older than  30 days
                | AND  plan  is not  "starter"

                If I make a new segment with exactly the same rule, it finds 63 people. So I have a
                way around, but three e-mail campaigns hang on the old segment and I would rather
                not rebuild them.
            """),
        ),
        DemoMessage(
            by="jose",
            minutes_after_opening=1475,
            body="One more detail: opening the old segment and pressing Save without a change does"
            " not help. Deleting the line and adding it again does not help either.",
        ),
    ),
)

REPORT_TICKETS: tuple[DemoTicket, ...] = (
    NAN_REVENUE,
    PHONE_LABELS,
    STUCK_EXPORT,
    GARBLED_CSV,
    DARK_MODE,
    LATE_DIGEST,
    TWO_TOTALS,
    EMPTY_SEGMENT,
)
