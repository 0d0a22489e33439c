"""A small case file as a person uploads it: tried first, and brought back when confirmed.

Between the two requests the packed file travels in the page itself. Nothing is kept on the
server that somebody would have to clear away, and it does not matter which host answers.
"""

from __future__ import annotations

import base64
import binascii
import io
import zlib
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError

from evalsite.exchange.open_file import FileRefused, open_lines

# Packed, as text, a file must fit into a form field: DATA_UPLOAD_MAX_MEMORY_SIZE is 2.5 MB.
_MOST_PACKED: Final = 1_500_000
_MOST_PLAIN: Final = 20_000_000
_TOO_LARGE: Final = "The file is too large for a browser: use manage.py importcases."


@dataclass(frozen=True, slots=True)
class CaseUpload:
    """A file's name and its bytes, unpacked."""

    name: str
    plain: bytes

    def stream(self) -> io.BytesIO:
        """Open the file for reading."""
        return io.BytesIO(self.plain)

    def packed(self) -> str:
        """Answer the file as text for a form field."""
        return base64.b64encode(zlib.compress(self.plain)).decode()


class UploadForm(forms.Form):
    """Asks for the file."""

    file = forms.FileField()

    def clean_file(self) -> CaseUpload:
        """Unpack the file; raises ValidationError when it is too large, FileRefused for a bomb."""
        given: Any = self.cleaned_data["file"]
        upload = CaseUpload(str(given.name), open_lines(given).read(_MOST_PLAIN + 1))
        if len(upload.plain) > _MOST_PLAIN or len(upload.packed()) > _MOST_PACKED:
            raise ValidationError(_TOO_LARGE)
        return upload


class ConfirmForm(forms.Form):
    """Brings the file back, with a note for the history."""

    name = forms.CharField(max_length=200, widget=forms.HiddenInput)
    packed = forms.CharField(widget=forms.HiddenInput)
    note = forms.CharField(max_length=500, required=False, widget=forms.TextInput({"size": 60}))

    @classmethod
    def of(cls, upload: CaseUpload) -> ConfirmForm:
        """Answer the form that carries the file."""
        return cls(initial={"name": upload.name[-200:], "packed": upload.packed()})

    def upload(self) -> CaseUpload:
        """Unpack what the page carried; raises FileRefused when that is no such file."""
        try:
            packed = base64.b64decode(self.cleaned_data["packed"], validate=True)
            plain = zlib.decompressobj().decompress(packed, _MOST_PLAIN)
        except (binascii.Error, zlib.error):
            raise FileRefused("the page lost the file", hint="upload it again") from None
        return CaseUpload(self.cleaned_data["name"], plain)
