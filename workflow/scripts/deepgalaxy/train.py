"""The door to training, ``python -m deepgalaxy.train``: how a launcher such as mpirun starts each rank."""

from deepgalaxy.training.command import main

if __name__ == "__main__":
    main()
