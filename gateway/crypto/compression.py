"""zstd frames of stated size (RFC 8878), padded so that their length says little."""

import zstandard

from gateway.domain.errors import Malformed

_LEVEL = 1
_SKIPPABLE_MAGIC = bytes.fromhex("502a4d18")
_SKIPPABLE_HEADER = len(_SKIPPABLE_MAGIC) + 4
_UNKNOWN_SIZES = frozenset({zstandard.CONTENTSIZE_UNKNOWN, zstandard.CONTENTSIZE_ERROR})


def compressed(content: bytes) -> bytes:
    """Return one zstd frame, level 1, that states the content's size."""
    return zstandard.ZstdCompressor(level=_LEVEL, write_content_size=True).compress(content)


def padded(frame: bytes, length: int) -> bytes:
    """Append a skippable frame (RFC 8878, 3.1.2) up to a length: that of the frame, or 8 and more beyond."""
    gap = length - len(frame)
    if gap == 0:
        return frame
    content = gap - _SKIPPABLE_HEADER
    return frame + _SKIPPABLE_MAGIC + content.to_bytes(4, "little") + bytes(content)


def can_be_padded(frame: bytes, length: int) -> bool:
    """Tell whether `padded` can make this length."""
    return length == len(frame) or length >= len(frame) + _SKIPPABLE_HEADER


def decompressed(frame: bytes, *, max_bytes: int) -> bytes:
    """Return the content of the first frame; what follows it is padding.

    The size that the frame states is checked before memory is taken for it, and again afterwards.

    Raises:
        Malformed: it is no such frame, states no size or another one, or has more than `max_bytes` bytes.
    """
    try:
        size = zstandard.get_frame_parameters(frame).content_size
        if size in _UNKNOWN_SIZES or size > max_bytes:
            raise Malformed("the size that the compressed content states is not taken")
        reader = zstandard.ZstdDecompressor(max_window_size=max(max_bytes, 1024))
        content = reader.decompress(frame, max_output_size=size, allow_extra_data=True)
    except zstandard.ZstdError:
        raise Malformed("the compressed content is broken") from None
    if len(content) != size:
        raise Malformed("the compressed content has another size than it states")
    return content
