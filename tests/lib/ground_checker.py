"""An independent checker: consent's ledger, mailer's rows and the mails that came, held against one another. It asks no service, and
knows nothing of how they decide: a grant is an act of the ledger, a refusal reaches its address from its position on (nothing
is lifted here)."""
import collections

GRANTS, REFUSALS = (1, 2), (3, 4)  # enum consent_state of proto/events.h: confirmed, asserted; withdrawn, objected
SENT, DEFERRED, UNKNOWN = 2, 3, 6  # enum mail_state

Act = collections.namedtuple("Act", "position key purpose act seen_at")  # seen_at: when it was known to be committed
Mail = collections.namedtuple("Mail", "mail key purpose state position")  # a row of mailer
Came = collections.namedtuple("Came", "mail key purpose at")  # what a relay got: by its Message-ID, envelope, subject


class Ledger:
    """Acts by address and purpose."""

    def __init__(self, acts):
        self.grants, self.refusals = collections.defaultdict(dict), collections.defaultdict(list)
        for act in acts:
            if act.act in GRANTS:
                self.grants[act.key, act.purpose][act.position] = act
            elif act.act in REFUSALS:
                self.refusals[act.key].append(act)

    def refused(self, key, purpose):
        return [act for act in self.refusals[key] if act.purpose in ("", purpose)]

    def granted_at(self, key, purpose, position):
        return position in self.grants[key, purpose] and all(act.position > position for act in self.refused(key, purpose))

    def eligible(self, key, purpose):
        return bool(self.grants[key, purpose]) and not self.refused(key, purpose)


def wrong_mails(ledger, rows, came, bound_s):
    """In words, what is wrong with each mail that came."""
    by_id = {row.mail: row for row in rows}
    for mail in came:
        row = by_id.get(mail.mail)
        if row is None or (row.key, row.purpose) != (mail.key, mail.purpose):
            yield f"{mail}: mailer knows of no such mail: {row}"
            continue
        if row.state not in (SENT, UNKNOWN):
            yield f"{mail}: it came, and mailer says {row.state}"
        if not ledger.granted_at(mail.key, mail.purpose, row.position):
            yield f"{mail}: no ground at position {row.position}"
        for act in ledger.refused(mail.key, mail.purpose):
            if act.seen_at + bound_s < mail.at:
                yield f"{mail}: {mail.at - act.seen_at:.2f} s after it was refused at position {act.position}"


def wrong_counts(rows, came):
    """What came twice, and what is said to have been sent and didn't come."""
    for counted in (collections.Counter(mail.mail for mail in came), collections.Counter((mail.key, mail.purpose) for mail in came)):
        yield from (f"{what}: came {n} times" for what, n in counted.items() if n > 1)
    there = {mail.mail for mail in came}
    yield from (f"{row}: said to be sent, and didn't come" for row in rows if row.state == SENT and row.mail not in there)


def wrong_leavings(ledger, rows, targets):
    """Who should have got a mail and was passed over: {(key, purpose)} of all that the campaigns name."""
    by_target = {(row.key, row.purpose): row for row in rows}
    for target in targets:
        row = by_target.get(target)
        if ledger.eligible(*target) and (row is None or row.state not in (SENT, UNKNOWN, DEFERRED)):
            yield f"{target}: has a ground and was passed over: {row}"


def wrong_losses(ledger, acknowledged):
    """Withdrawals that somebody was told are done: (key, purpose)."""
    yield from (f"{pair}: withdrawn, acknowledged, and not in the ledger" for pair in acknowledged if not ledger.refused(*pair))


def wrongs(acts, rows, came, targets, acknowledged, bound_s):  # pylint: disable=too-many-arguments,too-many-positional-arguments
    ledger = Ledger(acts)
    return [*wrong_mails(ledger, rows, came, bound_s), *wrong_counts(rows, came), *wrong_leavings(ledger, rows, targets),
            *wrong_losses(ledger, acknowledged)]
