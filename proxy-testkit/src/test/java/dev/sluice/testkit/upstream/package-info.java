@NullMarked
package dev.sluice.testkit.upstream;

import org.jspecify.annotations.NullMarked;
