"""Ranks notice that another is gone, or stands still, by words that they leave for each other."""

import threading

import pytest

from latentlab.core.ranks import heartbeat
from latentlab.core.ranks.heartbeat import Heartbeat


class Words:
    """A store that all ranks have, in memory."""

    def __init__(self):
        self.words, self.lock, self.is_gone = {}, threading.Lock(), False

    def add(self, key, number):
        if self.is_gone:
            raise RuntimeError("gone")
        with self.lock:
            self.words[key] = self.words.get(key, 0) + number
            return self.words[key]

    def set(self, key, word):
        self.words[key] = word

    def check(self, keys):
        return all(key in self.words for key in keys)


class Heart:
    """A rank's heart, and what it has noticed."""

    def __init__(self, store, rank, count):
        self.answers, self.is_lost = None, threading.Event()
        self.heart = Heartbeat(store, rank, count, self.lose)

    def lose(self, answers):
        self.answers = answers
        self.is_lost.set()


@pytest.fixture
def hearts(monkeypatch):
    monkeypatch.setattr(heartbeat, "LOST_SECONDS", 0.3)
    monkeypatch.setattr(heartbeat, "_BEAT_SECONDS", 0.01)
    made = []

    def make(count, store):
        made.extend(Heart(store, rank, count) for rank in range(count))
        return made

    yield make
    for each in made:
        each.heart.end()


def test_whoever_is_lost_is_noticed_by_all(hearts):
    store = Words()
    first, second, third = hearts(3, store)
    while store.add("beat/1", 0) < 5:  # so that it was seen to live
        threading.Event().wait(0.01)
    second.heart.end()
    assert first.is_lost.wait(20)
    assert third.is_lost.wait(20)
    assert first.answers
    assert third.answers


def test_those_that_live_are_not_lost(hearts):
    store = Words()
    made = hearts(2, store)
    while store.add("beat/0", 0) < 50 or store.add("beat/1", 0) < 50:  # longer than it takes to be lost
        threading.Event().wait(0.01)
    assert not any(each.is_lost.is_set() for each in made)


def test_a_store_that_is_gone_is_noticed(hearts):
    store = Words()
    made = hearts(2, store)
    store.is_gone = True
    assert all(each.is_lost.wait(20) for each in made)
    assert not any(each.answers for each in made)


def test_a_store_that_does_not_answer_is_noticed(hearts):
    store = Words()
    made = hearts(2, store)
    with store.lock:
        assert all(each.is_lost.wait(20) for each in made)
    assert not any(each.answers for each in made)
