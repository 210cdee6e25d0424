"""SONATA: the Allen Institute's and Blue Brain Project's format for circuits and their recorded spikes.

Format: Dai et al., "The SONATA data format", PLOS Computational Biology 16(2), 2020.
"""

from mapper.io.sonata.reader import read_sonata

__all__ = ["read_sonata"]
