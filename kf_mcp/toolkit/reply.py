"""What a reading tool answers: a typed structure and a compact text with the same facts."""

from abc import ABC, abstractmethod

from pydantic import BaseModel, ConfigDict


class Reply(BaseModel, ABC):
    """An answer; what equals its default is left out of the structure."""

    model_config = ConfigDict(frozen=True)

    @abstractmethod
    def in_words(self) -> str:
        """The same facts as text, for clients that show the model nothing else."""
