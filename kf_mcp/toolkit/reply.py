"""What a reading tool answers: a typed structure and a compact text with the same facts."""

from abc import ABC, abstractmethod

from pydantic import BaseModel, ConfigDict


class Row(BaseModel):
    """A part of an answer. Its checks are built when the first one is made: the server's start need not wait for them."""

    model_config = ConfigDict(frozen=True, defer_build=True)


class Reply(BaseModel, ABC):
    """An answer; what equals its default is left out of the structure."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    @abstractmethod
    def in_words(self) -> str:
        """The same facts as text, for clients that show the model nothing else."""
