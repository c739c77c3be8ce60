// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The API server as the source, and Events to it, over the HTTP client of fabric8. The only package that knows fabric8;
 * {@code reflector} does the watching.
 */
@NullMarked
package dev.sluice.kubernetes.api;

import org.jspecify.annotations.NullMarked;
