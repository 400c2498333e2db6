"""Demo tickets about money: invoices, cards, plans."""

from ticketpen.demo.story import DemoMessage, DemoTicket, prose

WRONG_VAT = DemoTicket(
    by="jonas",
    subject="Rechnung NW-2026-0417 mit irischer Umsatzsteuer statt Reverse Charge",
    days_ago=1.8,
    priority="high",
    final_status="in_progress",
    messages=(
        DemoMessage(
            by="jonas",
            minutes_after_opening=0,
            files=("Rechnung_NW-2026-0417.jpg",),
            body=prose("""
                Guten Tag,

                auf unserer aktuellen Rechnung stehen 23 % irische Umsatzsteuer (109,39 €). Bis zum
                letzten Monat kamen Ihre Rechnungen korrekt ohne Umsatzsteuer, mit dem Hinweis auf
                die Steuerschuldnerschaft des Leistungsempfängers. An unserer USt-IdNr. hat sich
                nichts geändert, sie steht auch richtig auf dem Beleg.

                Unsere Buchhaltung kann die Rechnung so nicht annehmen, und am 15. wird abgebucht.
                Könnten Sie sie bitte stornieren und neu ausstellen? Ich habe die Stelle rot
                eingekreist.

                | Viele Grüße aus Stuttgart
                | Jonas Brückner
            """),
        ),
        DemoMessage(
            by="max",
            minutes_after_opening=74,
            body=prose("""
                Guten Tag Herr Brückner,

                danke für das Bild, Sie haben recht: Das ist unser Fehler. In der Nacht zum Ersten
                war der Dienst nicht erreichbar, bei dem wir die USt-IdNr. prüfen, und unser System
                hat dann vorsichtshalber irische Umsatzsteuer berechnet. Das hätte es nicht ohne
                Rückfrage tun dürfen.

                Ich habe die Abbuchung für Ihr Konto gerade angehalten. Es wird also nichts
                eingezogen, solange die neue Rechnung nicht da ist. Die Stornorechnung stellt unsere
                Buchhaltung aus, ich rechne morgen Vormittag damit.

                | Herzliche Grüße
                | Max
            """),
        ),
        DemoMessage(
            by="jonas",
            minutes_after_opening=171,
            body=prose("""
                Vielen Dank, das beruhigt mich. Eine Bitte noch: Das Leistungsdatum sollte der März
                bleiben, sonst rutscht uns der Betrag in ein anderes Quartal.
            """),
        ),
        DemoMessage(
            by="max",
            minutes_after_opening=1312,
            body=prose("""
                Ist notiert, das Leistungsdatum bleibt. Storno und neue Rechnung liegen bei unserer
                Buchhaltung zur Freigabe. Ich melde mich, sobald beide in Ihrem Arbeitsbereich
                stehen.
            """),
        ),
    ),
)

DOUBLE_CHARGE = DemoTicket(
    by="ines",
    subject="Charged twice for the same invoice, two seconds apart",
    days_ago=9.2,
    priority="urgent",
    final_status="resolved",
    messages=(
        DemoMessage(
            by="ines",
            minutes_after_opening=0,
            files=("double-charge.jpg",),
            body=prose("""
                Hello, our card was charged € 612.00 twice this morning, at 09:12:05 and 09:12:07.
                Both lines carry the same invoice number, NW-2026-0466. My bank confirms that both
                have gone through, so it is not just a display problem.

                We are a small company and payroll leaves the same account on Friday. Please tell me
                today whether the second amount can be back before then.
            """),
        ),
        DemoMessage(
            by="ada",
            minutes_after_opening=11,
            body=prose("""
                Hi Inês, I see both payments, and there is no doubt about it: the second one should
                not exist. I am sorry, this is the last thing you need before payroll.

                I have just sent the refund of € 612.00. Card refunds usually take two to four
                working days, which is too close to Friday for my taste, so our finance team can
                send you the same amount as an instant transfer instead. Would you prefer that? If
                yes, please don't write the IBAN here: the bank details in Billing → Payouts are
                enough.
            """),
        ),
        DemoMessage(
            by="ines",
            minutes_after_opening=26,
            body="Yes please, the transfer. The account in Payouts is the right one. Thank you for"
            " answering so fast.",
        ),
        DemoMessage(
            by="ada",
            minutes_after_opening=95,
            body=prose("""
                Done: I withdrew the card refund, and the transfer left us at 10:44 with the
                reference NW-2026-0466-R. It should be in your account within minutes.
            """),
        ),
        DemoMessage(
            by="ines",
            minutes_after_opening=118,
            body="It is here. You saved my Friday. May I ask how it happened?",
        ),
        DemoMessage(
            by="ada",
            minutes_after_opening=2890,
            body=prose("""
                Of course you may. The payment provider answered our first request too late, so we
                tried again, and the second try was sent with a new key instead of the old one. The
                provider had no way to know that it was the same payment.

                Since yesterday evening a retry always carries the first key. We also went through
                every payment of the last 90 days: eleven customers were affected, and all of them
                have been refunded and told.
            """),
        ),
    ),
)

BILLING_ON_A_PHONE = DemoTicket(
    by="noa",
    subject="Can't reach “Update card” on my phone",
    days_ago=0.9,
    priority="high",
    final_status="in_progress",
    messages=(
        DemoMessage(
            by="noa",
            minutes_after_opening=0,
            files=("IMG_4388.jpg", "IMG_4389.jpg", "IMG_4021.jpg"),
            body=prose("""
                Hi! The Billing page is wider than my screen. The “Update card” button is half
                outside, and tapping the visible half does nothing. After some pulling I could
                scroll sideways (second picture), but then the page jumps back as soon as I tap.

                My card was declined and the banner says I have until the 8th. I am travelling
                without a laptop until the 10th, so the phone is all I have.

                The reports page has a similar illness, third picture. Not urgent, just so you know.
            """),
        ),
        DemoMessage(
            by="max",
            minutes_after_opening=37,
            body=prose("""
                Hi Noa, first things first: I moved your deadline to the 20th, so nothing will be
                switched off while you are on the road.

                The page is broken on screens narrower than 480 pixels since our release on Monday.
                A fix is being tested. Until it is out, turning the phone sideways should bring the
                button in. Does that work for you?

                One question: do you use the app in Hebrew or in English? I'd like to be sure we
                test what you see.
            """),
        ),
        DemoMessage(
            by="noa",
            minutes_after_opening=301,
            body=prose("""
                Sideways works, the card is updated. Thank you for the extra days!

                I took the pictures in English for you, but normally I use Hebrew. There the button
                says עדכון כרטיס and it disappears on the left side instead of the right.
            """),
        ),
    ),
)

PURCHASE_ORDER = DemoTicket(
    by="rick",
    subject="Our PO number on the invoices, please",
    days_ago=40.3,
    priority="low",
    final_status="closed",
    messages=(
        DemoMessage(
            by="rick",
            minutes_after_opening=0,
            body=prose("""
                Our biggest client now pays our analytics bill for us and their accounting wants
                their purchase order number (PO-88120) on every invoice. Where do I put it? I looked
                through Billing twice and found nothing. Could be I'm blind.
            """),
        ),
        DemoMessage(
            by="ada",
            minutes_after_opening=212,
            body=prose("""
                You're not blind, Rick, it is hidden well: Billing → Billing details → Edit, and
                then “Show more” at the very bottom. The field is called “Reference”, and whatever
                you write there appears under the invoice number from the next invoice on.

                I have passed on that “Reference” behind “Show more” is a poor place and a poor name
                for it.
            """),
        ),
        DemoMessage(
            by="rick",
            minutes_after_opening=260,
            body="Found it. Thanks Ada. You can close this.",
        ),
    ),
)

REMOVED_SEATS = DemoTicket(
    by="adaeze",
    subject="What happens to the money when I remove seats mid-month?",
    days_ago=16.4,
    priority="normal",
    final_status="resolved",
    messages=(
        DemoMessage(
            by="adaeze",
            minutes_after_opening=0,
            body=prose("""
                We are going from 25 seats to 18, because our Port Harcourt team moves to another
                tool. Today is the middle of the billing month. Do we get the rest of the month
                back, is it lost, or does it become credit? The pricing page only talks about adding
                seats.
            """),
        ),
        DemoMessage(
            by="max",
            minutes_after_opening=48,
            body=prose("""
                It becomes credit, counted by the day, and the next invoice uses it up by itself. In
                your case:

                | 7 seats × € 18.00            € 126.00 a month
                | 16 of 31 days not used     × 16 / 31
                | credit                       €  65.03

                The seats must be empty before you can remove them, so please remove the seven
                people first; their reports stay with the workspace.
            """),
        ),
        DemoMessage(
            by="adaeze",
            minutes_after_opening=103,
            body="Perfect, and thank you for doing the sum for me. All seven are out.",
        ),
    ),
)

CHARITY_PLAN = DemoTicket(
    by="lea",
    subject="Yearly plan and the discount for non-profits",
    days_ago=0.34,
    priority="normal",
    final_status="open",
    messages=(
        DemoMessage(
            by="lea",
            minutes_after_opening=0,
            body=prose("""
                Bonjour,

                since January, Atelier Rivage is a registered association (loi 1901), no longer a
                company. Two questions before our board meets on Thursday:

                | 1. Does your discount for non-profits exist for the Team plan, or only for Scale?
                | 2. If we move from monthly to yearly now, do we keep the days already paid?

                I can send the extract from the Journal officiel if you need proof. A quote as PDF
                would help me a lot, the board likes paper.

                | Merci !
                | Léa
            """),
        ),
    ),
)

EXPIRED_CARD = DemoTicket(
    by="cleo",
    subject="New card, same history?",
    days_ago=62.1,
    priority="normal",
    final_status="closed",
    messages=(
        DemoMessage(
            by="cleo",
            minutes_after_opening=0,
            body=prose("""
                Our company card expires at the end of the month. If I delete it and add the new
                one, do the old invoices keep showing which card paid for them? Our auditor checks
                the last four digits, so I don't dare to touch anything.
            """),
        ),
        DemoMessage(
            by="max",
            minutes_after_opening=19,
            body=prose("""
                They do. Every payment keeps its own copy of the last four digits. Add the new card
                first, make it the default, and then remove the old one: in that order there is no
                moment without a card.
            """),
        ),
        DemoMessage(
            by="cleo",
            minutes_after_opening=31,
            body="Added, swapped, removed, all still there. Thanks Max!",
        ),
    ),
)

BILLING_TICKETS: tuple[DemoTicket, ...] = (
    WRONG_VAT,
    DOUBLE_CHARGE,
    BILLING_ON_A_PHONE,
    PURCHASE_ORDER,
    REMOVED_SEATS,
    CHARITY_PLAN,
    EXPIRED_CARD,
)
