"""Topics: what a desk watches for, and matching articles against it.

A topic is a boolean query joined with the meaning of passages; see ``docs/topics.md``.
"""

from newsbeam.topics.topicset import TopicSet, check_topics, configured_topics, load_topics

__all__ = ["TopicSet", "check_topics", "configured_topics", "load_topics"]
