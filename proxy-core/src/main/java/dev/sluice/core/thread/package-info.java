// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Makes all threads of the process, so that none of them can end without a word, and lets them mark what they are busy
 * with, so that none can hang without a word. Knows nothing of their work.
 */
@NullMarked
package dev.sluice.core.thread;

import org.jspecify.annotations.NullMarked;
