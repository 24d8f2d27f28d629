#pragma once

/* Nothing to call: see heap.c. */
