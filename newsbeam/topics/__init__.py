"""Topics: what a desk watches for, and matching articles against it.

A topic is a boolean query joined with the meaning of passages; see ``docs/topics.md``.
"""

from newsbeam.topics.loading import check_topics, configured_topics, load_topics
from newsbeam.topics.topicset import TopicSet

__all__ = ["TopicSet", "check_topics", "configured_topics", "load_topics"]
