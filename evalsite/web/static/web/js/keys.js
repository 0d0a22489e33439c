// Keys for who prefers them. Everything they do can be clicked, too.
"use strict";
