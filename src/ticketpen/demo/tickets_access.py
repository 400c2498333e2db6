"""Demo tickets about people: logging in, permissions, invitations, personal data."""

from ticketpen.demo.story import DemoMessage, DemoTicket, prose

LOGIN_LOOP = DemoTicket(
    by="siobhan",
    subject="I log in, and it asks me to log in",
    days_ago=0.4,
    priority="urgent",
    final_status="in_progress",
    messages=(
        DemoMessage(
            by="siobhan",
            minutes_after_opening=0,
            files=("login-loop.webp",),
            body=prose("""
                Every time I log in I get “Your session has expired. Please log in again.” and I'm
                back where I started. The address gets longer with each turn, have a look, it's
                nearly art by now.

                Four of us have it since lunch, two others are fine. I'm only able to write this
                because the help page is still open in a tab from this morning.
            """),
        ),
        DemoMessage(
            by="max",
            minutes_after_opening=6,
            body=prose("""
                Hi Siobhán, we see it from here as well. Do the four of you log in through single
                sign-on, and the two others with a password?
            """),
        ),
        DemoMessage(
            by="siobhan",
            minutes_after_opening=10,
            body="Other way round! Passwords loop, single sign-on works.",
        ),
        DemoMessage(
            by="max",
            minutes_after_opening=24,
            body=prose("""
                That was the missing piece, thank you. One of our servers has a clock that runs four
                minutes ahead, so the sessions it hands out look expired to all the others. It is
                out of service now.

                Please close the tab with the long address and begin at the front page: you should
                get in. I leave the ticket open until we know why nobody was warned about the clock.
            """),
        ),
        DemoMessage(
            by="siobhan",
            minutes_after_opening=31,
            body="All four of us are in. Four minutes ahead of everyone, and still late for the"
            " meeting.",
        ),
    ),
)

PERMISSION_RETURNS = DemoTicket(
    by="lea",
    subject="Viewers can still see e-mail addresses, the box ticks itself again",
    days_ago=1.4,
    priority="high",
    final_status="open",
    messages=(
        DemoMessage(
            by="lea",
            minutes_after_opening=0,
            files=("permissions.png",),
            body=prose("""
                Under Permissions I untick “View customer e-mail addresses” for the role Viewer and
                save. It says “Saved”. After a reload the box is ticked again and “Save changes” is
                grey.

                This worries me: from Monday a volunteer gets a Viewer account, and our members were
                promised that only the office sees their addresses. I don't want to invite him
                before I know that the box does what it says.
            """),
        ),
    ),
)

LOST_INVITATION = DemoTicket(
    by="noa",
    subject="Invitation e-mail never arrives",
    days_ago=25.2,
    priority="normal",
    final_status="closed",
    messages=(
        DemoMessage(
            by="noa",
            minutes_after_opening=0,
            body=prose("""
                I invited a new colleague three times and nothing arrives, not even in spam. The
                list says “Invited” next to her name:

                | יעל ברק – הוזמנה לפני יומיים

                Our mail is run by our university, maybe they block you?
            """),
        ),
        DemoMessage(
            by="ada",
            minutes_after_opening=92,
            body=prose("""
                Shalom Noa, you guessed right. Their server answered each of the three letters with:

                | 451 4.7.1 Greylisting in action, please come back later

                We did come back, but each time from another address, so to them every try looked
                like a first one. I have set your domain to one fixed address and sent the
                invitation again.
            """),
        ),
        DemoMessage(
            by="noa",
            minutes_after_opening=118,
            body="She has it. תודה רבה!",
        ),
    ),
)

LEAVING_COLLEAGUE = DemoTicket(
    by="siobhan",
    subject="A colleague leaves on Friday: what happens to her reports?",
    days_ago=18.6,
    priority="normal",
    final_status="resolved",
    messages=(
        DemoMessage(
            by="siobhan",
            minutes_after_opening=0,
            body=prose("""
                Gráinne leaves us on Friday after nine years. She built nearly every report we have,
                and two dashboards on the office wall run under her account. If I remove her, do
                they go with her?
            """),
        ),
        DemoMessage(
            by="ada",
            minutes_after_opening=57,
            body=prose("""
                Nothing goes with her. When you press “Remove”, you are asked who takes over: every
                report, schedule and wall display moves to that person, and the history keeps
                Gráinne's name as the author.

                One thing to do before Friday: displays that were started with her password stop
                when her account does. Start them again with a display link (Settings → Displays)
                and they will not depend on any person.
            """),
        ),
        DemoMessage(
            by="siobhan",
            minutes_after_opening=5790,
            body="Moved everything to Dara, walls run on links. Gráinne asked me to tell you that"
            " the history keeping her name made her cry a little. In the good way.",
        ),
    ),
)

KEYBOARD_WISH = DemoTicket(
    by="cleo",
    subject="A wish: jump between reports with the keyboard",
    days_ago=5.5,
    priority="low",
    final_status="open",
    messages=(
        DemoMessage(
            by="cleo",
            minutes_after_opening=0,
            body=prose("""
                No bug this time. I flip through the same six reports every morning and would love
                to do it with j and k, as in my mail. “/” for the search already works and makes me
                happy every day.
            """),
        ),
    ),
)

ERASE_CUSTOMER = DemoTicket(
    by="ines",
    subject="A former customer asks us to erase his data (GDPR)",
    days_ago=2.9,
    priority="high",
    final_status="in_progress",
    messages=(
        DemoMessage(
            by="ines",
            minutes_after_opening=0,
            body=prose("""
                A former customer asked us in writing to erase everything we know about him. We have
                until the end of the month. In Northwind I can archive him, but I find no way to
                erase him, and I suppose his name also lives in old exports and in the event log.

                What can you erase, what must stay (invoices?), and do I get something in writing
                that I can forward to him?
            """),
        ),
        DemoMessage(
            by="ada",
            minutes_after_opening=140,
            body=prose("""
                Hi Inês, gladly, we do this a few times a month. Here is what happens to what:

                | profile, notes, segments     erased
                | events                       kept, without anything that points to him
                | exports older than 30 days   gone already
                | backups                      run out after 35 days
                | invoices                     stay 10 years (tax law), hidden from the app

                To begin I need his customer id (C-…, please no name here) and a yes from an owner
                of your workspace. You will get a signed confirmation as PDF.
            """),
        ),
        DemoMessage(
            by="ines",
            minutes_after_opening=1620,
            body="Exactly what I needed. The id is C-00291. I am the owner, and my answer is yes.",
        ),
        DemoMessage(
            by="ada",
            minutes_after_opening=1655,
            body="Thank you. The erasure has begun; because of the backups the confirmation"
            " comes in two parts, the first one tomorrow.",
        ),
    ),
)

LOST_PHONE = DemoTicket(
    by="jose",
    subject="My phone fell into the sea, and my login codes with it",
    days_ago=70.4,
    priority="high",
    final_status="closed",
    messages=(
        DemoMessage(
            by="jose",
            minutes_after_opening=0,
            body=prose("""
                It is as the subject says. The codes for the second step were on it, and the paper
                with the recovery codes is in an office 900 km away. I can still log in on this
                computer for now, but not on any other. What can I do before I am logged out?
            """),
        ),
        DemoMessage(
            by="max",
            minutes_after_opening=12,
            body=prose("""
                My condolences to the phone. As long as you are logged in there, you can help
                yourself: Settings → Security → “Replace authenticator” asks for your password
                and nothing else. Then print new recovery codes; the old paper is void from that
                moment.

                For the record: I can't switch the second step off for you, nobody here can. That
                would be the first thing a thief would ask for.
            """),
        ),
        DemoMessage(
            by="jose",
            minutes_after_opening=44,
            body="Replaced, printed, and this time one paper is in my wallet. Gracias, Max.",
        ),
        DemoMessage(
            by="max",
            minutes_after_opening=51,
            body="¡De nada! Keep the wallet away from the sea.",
        ),
    ),
)

ACCESS_TICKETS: tuple[DemoTicket, ...] = (
    LOGIN_LOOP,
    PERMISSION_RETURNS,
    LOST_INVITATION,
    LEAVING_COLLEAGUE,
    KEYBOARD_WISH,
    ERASE_CUSTOMER,
    LOST_PHONE,
)
