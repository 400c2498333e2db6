"""Demo tickets about the API, keys and webhooks, with code and logs in them."""

from ticketpen.demo.story import DemoMessage, DemoTicket, prose

KEY_500 = DemoTicket(
    by="cleo",
    subject="Creating an API key fails with a 500",
    days_ago=0.2,
    priority="high",
    final_status="in_progress",
    messages=(
        DemoMessage(
            by="cleo",
            minutes_after_opening=0,
            files=("create-key-500.png",),
            body=prose("""
                Hi, I can't create a live API key. I fill in the form, press “Create key”, wait
                about three seconds and get “Internal server error (500)”, request req_7Hq2vKx9.
                Tried five times, also in a private window. Test keys work.

                We launch our EU checkout this evening and it needs its own key. I'd rather not
                share the production one with it.
            """),
        ),
        DemoMessage(
            by="ada",
            minutes_after_opening=14,
            body=prose("""
                Hi Cleo, thank you for the request id, it led me straight to the spot: the long dash
                in the name, “Checkout events – EU”, breaks our audit log, and the key is rolled
                back with it.

                With a plain hyphen, “Checkout events - EU”, it should work at once. You can rename
                it later. Could you try?
            """),
        ),
        DemoMessage(
            by="cleo",
            minutes_after_opening=21,
            body="It works with the hyphen! My phone makes those dashes by itself, I'd never have"
            " guessed. Are my five failed tries lying around somewhere as half keys?",
        ),
        DemoMessage(
            by="ada",
            minutes_after_opening=33,
            body=prose("""
                No, each of them was rolled back completely: your workspace has four keys and the
                new one, nothing else. A dash is a perfectly good character for a name, so this
                stays open until the audit log agrees. Good luck with the launch tonight!
            """),
        ),
    ),
)

WEBHOOK_502 = DemoTicket(
    by="jose",
    subject="Every fifth webhook ends in a 502 after 30 seconds",
    days_ago=5.1,
    priority="high",
    final_status="resolved",
    messages=(
        DemoMessage(
            by="jose",
            minutes_after_opening=0,
            files=("webhook-log.png",),
            body=prose("""
                Since 09:30 about 20 % of your webhooks to us fail with 502 or a timeout. Our
                receiver is healthy: it answers my own requests in 100 ms, and we deployed nothing
                today. From our proxy:

                | 10:40:54.118 [error] 31#31: *88412 upstream timed out (110: Connection timed out)
                |   while connecting to upstream, client: 203.0.113.54,
                |   request: "POST /hooks/northwind HTTP/1.1",
                |   upstream: "http://10.0.3.17:8080/hooks/northwind"

                Have you changed something? We miss invoices in our shop because of this.
            """),
        ),
        DemoMessage(
            by="max",
            minutes_after_opening=18,
            body=prose("""
                Hola José, nothing changed on our side this morning, but your log gives a hint. I
                laid your failures out in time, and they come in a strict rhythm: four good ones,
                one bad one. How many instances stand behind your proxy, and is 10.0.3.17 one that
                should be there?

                Nothing is lost meanwhile: we try each event twelve times over 24 hours.
            """),
        ),
        DemoMessage(
            by="jose",
            minutes_after_opening=52,
            body=prose("""
                We have four instances. I count five in the proxy:

                | upstream northwind_receivers {
                |     server 10.0.3.12:8080;
                |     server 10.0.3.13:8080;
                |     server 10.0.3.14:8080;
                |     server 10.0.3.15:8080;
                |     server 10.0.3.17:8080;   # ???
                | }

                The last one was a machine for a load test in January. It was switched off today at
                09:30. I am ashamed.
            """),
        ),
        DemoMessage(
            by="max",
            minutes_after_opening=57,
            body=prose("""
                Don't be, every one of us has a .17 somewhere. Take the line out, reload the proxy,
                and then press “Resend failed” in the webhook log: that sends all 448 again in their
                old order.
            """),
        ),
        DemoMessage(
            by="jose",
            minutes_after_opening=81,
            body="Done, 448 of 448 delivered. Our shop ignores the ones it already has, because you"
            " send the same event id. Nice.",
        ),
        DemoMessage(
            by="max",
            minutes_after_opening=88,
            body="Then I call this one resolved. I have asked for a warning in the log when"
            " failures come in such an even rhythm; you would have seen it at 09:45.",
        ),
    ),
)

DOUBLE_EVENTS = DemoTicket(
    by="cleo",
    subject="How do I send an event again without counting it twice?",
    days_ago=27.4,
    priority="normal",
    final_status="resolved",
    messages=(
        DemoMessage(
            by="cleo",
            minutes_after_opening=0,
            body=prose("""
                When our connection drops I never know whether an event arrived, so I send it again,
                and sometimes it is counted twice. This is what I do now:

                | for attempt in range(3):
                |     try:
                |         client.post("/v2/events", json=event, timeout=5)
                |         break
                |     except httpx.TransportError:
                |         time.sleep(2**attempt)

                Is there a way to say “this is the same one”?
            """),
        ),
        DemoMessage(
            by="max",
            minutes_after_opening=66,
            body=prose("""
                There is: give the event an id of your own, made once and before the loop.

                | event["id"] = str(uuid.uuid4())
                | for attempt in range(3):
                |     ...

                We keep ids for seven days. A second event with a known id is answered with 200 and
                "duplicate": true, and not counted.
            """),
        ),
        DemoMessage(
            by="cleo",
            minutes_after_opening=140,
            body="So simple. Could that go on the first page of the guide? I had looked under"
            " “Errors” and “Limits”.",
        ),
        DemoMessage(
            by="max",
            minutes_after_opening=2955,
            body="It is there now, as the third example, and almost in your words. Thank you!",
        ),
    ),
)

RATE_LIMIT = DemoTicket(
    by="adaeze",
    subject="429 during our nightly import",
    days_ago=48.2,
    priority="normal",
    final_status="closed",
    messages=(
        DemoMessage(
            by="adaeze",
            minutes_after_opening=0,
            body=prose("""
                Our import sends one request for each trip, about 9,000 between 02:00 and 02:10, and
                your API starts to answer 429 after the first minute. May we have a higher limit for
                ten minutes a night?
            """),
        ),
        DemoMessage(
            by="ada",
            minutes_after_opening=130,
            body=prose("""
                I could raise it, but you may like this better: POST /v2/events/batch takes up to
                500 events at once and counts as one request. Your night would be 18 requests
                instead of 9,000, done in a few seconds.
            """),
        ),
        DemoMessage(
            by="adaeze",
            minutes_after_opening=1690,
            body="Changed yesterday, ran tonight: 14 seconds for everything. Please don't raise"
            " anything.",
        ),
    ),
)

WORKSPACE_ID = DemoTicket(
    by="rick",
    subject="Where is my workspace ID? Explain it like I'm sixty-four",
    days_ago=33.7,
    priority="low",
    final_status="closed",
    messages=(
        DemoMessage(
            by="rick",
            minutes_after_opening=0,
            body="The fellow who builds our website wants our “workspace ID” and says it is easy to"
            " find. I am sixty-four and it is not.",
        ),
        DemoMessage(
            by="max",
            minutes_after_opening=7,
            body=prose("""
                Gladly, Rick. Log in, click “Settings” at the bottom of the menu on the left, and
                look at the very first line, under your company's name. It begins with ws_ and has
                a small copy sign next to it.

                You can give it to him without a worry, it is no secret. If he ever asks for a key,
                though, let him make his own: invite him under Permissions as “Admin”.
            """),
        ),
        DemoMessage(
            by="rick",
            minutes_after_opening=25,
            body="Got it and sent it. He did ask for a key next. Invited him instead. You folks are"
            " all right.",
        ),
    ),
)

TIME_ZONE = DemoTicket(
    by="haruka",
    subject="API: are the times in UTC or in the workspace's time zone?",
    days_ago=0.08,
    priority="normal",
    final_status="open",
    messages=(
        DemoMessage(
            by="haruka",
            minutes_after_opening=0,
            body=prose("""
                Hello, I write in English because my colleague will read it, too.

                We compare your numbers with our own ledger, and orders between 00:00 and 09:00
                fall on the wrong day. One example from /v2/payments:

                | {
                |   "id": "pay_5TqW01",
                |   "paid_at": "2026-02-27T23:41:08Z",
                |   "amount": "1200"
                | }

                In the app the same payment is shown on 28 February, 08:41. Is the API always in
                UTC? And can the daily report by API (?group_by=day) use Tokyo days?
            """),
        ),
    ),
)

ROTATE_SECRET = DemoTicket(
    by="jonas",
    subject="Rotating the webhook secret without losing deliveries",
    days_ago=14.3,
    priority="normal",
    final_status="resolved",
    messages=(
        DemoMessage(
            by="jonas",
            minutes_after_opening=0,
            body=prose("""
                Our security policy asks for new secrets every 90 days. If I rotate the webhook
                secret, every delivery is refused until our new configuration is live, which takes
                about 20 minutes. Is there a way without a gap?
            """),
        ),
        DemoMessage(
            by="ada",
            minutes_after_opening=39,
            body=prose("""
                Yes. Press “Add second secret” instead of “Rotate”. From then on every delivery is
                signed with both, and the header carries two values:

                | Northwind-Signature: t=1772361652,v1=9c41…e7,v1=07ba…d3

                Accept a delivery if any v1 fits, roll out your configuration in peace, and then
                remove the old secret.
            """),
        ),
        DemoMessage(
            by="jonas",
            minutes_after_opening=1510,
            body="Rotated this morning, not one delivery lost. Exactly what I was looking for.",
        ),
    ),
)

DEVELOPER_TICKETS: tuple[DemoTicket, ...] = (
    KEY_500,
    WEBHOOK_502,
    DOUBLE_EVENTS,
    RATE_LIMIT,
    WORKSPACE_ID,
    TIME_ZONE,
    ROTATE_SECRET,
)
