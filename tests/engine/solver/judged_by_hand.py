"""Rules judged in plain Python, from what was observed: the second road to every decision."""

import heapq
from itertools import count
from math import floor, inf, log10

SAME = 1e-9


def compare(value, sense, limit):
    return {">": value > limit, ">=": value >= limit, "<": value < limit, "<=": value <= limit}[
        sense
    ]


def tidy(dose, other):
    """Round to twelve digits of the larger of the two."""
    larger = max(dose, other)
    return round(dose, 11 - floor(log10(larger))) if larger > 0 else dose


class Block:
    """A block of rules as somebody with a pencil would keep its book."""

    def __init__(self, block, end):
        self.block, self.line = block, block.line
        self.dose = block.line.amount if block.line else 0.0
        self.why = None
        self.running = block.line is not None
        self.ended = False
        self.paused_until = -inf
        self.begun = 0  # lines so far
        self.until = min(block.line.until_h, end) if block.line else 0.0
        self.rows = {rule.name: 0 for rule in block.rules}  # visits in a row
        self.acted = {rule.name: [] for rule in block.rules}
        self.doses_over_time = []  # (time, line, dose before, dose after)

    def candidate(self, rule, now):
        paused = now < self.paused_until
        if rule.action in ("rescue", "hold"):
            possible = True
        elif not self.running or now >= self.until - SAME:
            possible = False
        elif rule.action == "resume":
            possible = paused
        elif rule.action == "switch":
            possible = rule.line is not self.line
        else:
            possible = not paused or rule.action == "stop"
        recent = [t for t in self.acted[rule.name] if now - t < rule.lock_out_h - SAME]
        often = [t for t in self.acted[rule.name] if now - t < rule.per_h - SAME]
        return possible and not recent and not (rule.most and len(often) >= rule.most)

    def reference_dose(self, now):
        """The dose that was in force at the start of the period of the largest change."""
        dose = self.dose
        for time, line, before, _ in reversed(self.doses_over_time):
            if now - time >= self.line.per_h - SAME or line is not self.line:
                break
            dose = before
        return dose

    def move(self, rule, now):
        line, sign = self.line, 1 if rule.action == "raise" else -1
        reference = self.reference_dose(now)
        most = line.largest * (reference if line.largest_is_part else 1.0)
        beyond = sorted(
            (step for step in line.ladder if sign * (step - self.dose) > 0), reverse=sign < 0
        )
        if rule.by_kind == "part":
            target = self.dose * (1 + sign * rule.by)
        elif rule.by_kind == "amount":
            target = self.dose + sign * rule.by
        else:
            target = beyond[min(int(rule.by), len(beyond)) - 1] if beyond else self.dose
        if line.ladder:
            open_to = [
                step for step in sorted(beyond)
                if line.low <= step <= line.high and abs(step - reference) <= most * (1 + SAME)
            ]  # fmt: skip
            return min(open_to, key=lambda step: abs(step - target), default=self.dose)
        target = max(reference - most, min(reference + most, target))
        target = max(line.low, min(line.high, tidy(target, self.dose)))
        return target if sign * (target - self.dose) > 0 else self.dose

    def begin(self, new):
        if not new.ratio:
            return new.amount
        a_day = self.dose * 24 / self.line.every_h
        steps = [step for step in new.ladder if new.low <= step <= new.high]
        target = new.ratio * a_day * new.every_h / 24
        wanted = max(new.low, min(new.high, tidy(target, target)))
        return min(steps, key=lambda step: abs(step - target), default=wanted)


def judge(blocks, visits, observed, end):
    """Return decisions (time, block, rule, action, before, after) and doses (time, drug, amount).

    ``visits`` are (time, block) in order, ``observed`` what was seen at each: name -> value.
    """
    books = [Block(block, end) for block in blocks]
    queue, order = [], count()
    for number, (time, block) in enumerate(visits):
        heapq.heappush(queue, (time, 0, next(order), "visit", block, number))
    for number, block in enumerate(blocks):
        if block.line is not None:
            entry = (block.line.from_h, 1, next(order), "dose", number, 0)
            heapq.heappush(queue, entry)
    decisions, doses = [], []
    while queue:
        time, _, _, what, number, more = heapq.heappop(queue)
        if time >= end:
            break
        book = books[number]
        if what == "dose":
            if more != book.begun or not book.running:
                continue
            line = book.line
            if time >= book.paused_until and book.dose > 0:
                doses.append((time, line.drug, book.dose, book.why))
            following = round(time + line.every_h, 9)
            if following < book.until - SAME:
                heapq.heappush(queue, (following, 1, next(order), "dose", number, more))
            continue
        seen = {**observed[more], "dose": book.dose, "time": time}
        chosen = None
        for rule in book.block.rules:
            met = all(
                compare(seen[condition.reads], condition.sense, condition.value)
                for condition in rule.when
            )
            book.rows[rule.name] = book.rows[rule.name] + 1 if met else 0
            enough = book.rows[rule.name] >= rule.confirm
            if chosen is None and enough and book.candidate(rule, time):
                chosen = rule
        before, line = book.dose, book.line
        if chosen is not None:
            key = (book.block.name, chosen.name)
            if chosen.action in ("raise", "lower"):
                book.dose = book.move(chosen, time)
                if book.dose != before:
                    book.why = key
            elif chosen.action == "pause":
                book.paused_until = time + chosen.for_h
            elif chosen.action == "resume":
                book.paused_until = -inf
            elif chosen.action == "stop":
                book.running, book.ended = False, True
            elif chosen.action == "switch":
                book.dose, book.line, book.why = book.begin(chosen.line), chosen.line, key
                book.paused_until, book.begun = -inf, book.begun + 1
                begins = round(time + chosen.line.after_h, 9)
                if begins < book.until - SAME:
                    heapq.heappush(queue, (begins, 1, next(order), "dose", number, book.begun))
            elif chosen.action == "rescue":
                doses.append((time, chosen.line.drug, chosen.line.amount, key))
            book.acted[chosen.name].append(time)
        book.doses_over_time.append((time, line, before, book.dose))
        decisions.append(
            (time, number, chosen and chosen.name, chosen and chosen.action, before, book.dose)
        )
    return decisions, doses
