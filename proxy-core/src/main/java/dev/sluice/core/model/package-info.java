// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Service ports and endpoints, parsed, validated and resolved for this node. Knows neither where they come from nor any
 * mode.
 */
@NullMarked
package dev.sluice.core.model;

import org.jspecify.annotations.NullMarked;
