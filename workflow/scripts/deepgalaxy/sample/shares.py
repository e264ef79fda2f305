"""How many of the units of a sample are for training, for validation and for testing."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Shares:
    """How many of the units go where: the arguments of these names of ``deepgalaxy.sample.split.split_images``."""

    validation: float
    test: float = 0.0
    folds: int | None = None
    fold: int = 1
    training_units: int | None = None

    def count(self, units: int, by: str) -> tuple[int, int]:
        """Return how many of so many units are for validation and for testing; of folds, the largest of them.

        ``by`` says what the units are. Raises ValueError if there are fewer units than folds, if nothing would be left
        to train on, or less than ``training_units``.
        """
        if self.folds is not None and units < self.folds:
            raise ValueError(
                f"`folds: {self.folds}` needs as many units ({by}), and there are {units}; select more, or lower"
                " `folds`."
            )
        tested = max(1, round(self.test * units)) if self.folds is None else -(-units // self.folds)
        validated = max(1, round(self.validation * units))
        trained = units - tested - validated
        if trained < 1:
            many = "1 unit" if units == 1 else f"{units} units"
            raise ValueError(
                f"A split of {many} ({by}) into {validated} for validation and {tested} for testing leaves none to"
                " train on; select more, lower the fractions, or take more folds."
            )
        if self.training_units is not None and trained < self.training_units:
            raise ValueError(
                f"`training_units: {self.training_units}` asks for more than the {trained} units ({by}) that are"
                " neither validated nor tested on; lower it, or leave it out to train on all of them."
            )
        return validated, tested
