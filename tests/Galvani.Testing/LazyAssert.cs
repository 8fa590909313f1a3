using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Xunit;

namespace Galvani.Testing;

/// <summary>Assertions for loops over very many values: what a failure would say is put together only when there is one, which saves nearly all of the time that such a loop takes.</summary>
public static class LazyAssert
{
    /// <summary>Asserts that a condition holds.</summary>
    /// <param name="condition">What should be true.</param>
    /// <param name="message">What the failure says: an interpolated string, whose parts are not even computed where the condition holds.</param>
    public static void True([DoesNotReturnIf(false)] bool condition, [InterpolatedStringHandlerArgument(nameof(condition))] ref FailureMessage message)
    {
        if (!condition)
            Assert.Fail(message.ToStringAndClear());
    }
}

/// <summary>The text of a failure, made by the compiler's calls for an interpolated string.</summary>
[InterpolatedStringHandler]
public ref struct FailureMessage
{
    private DefaultInterpolatedStringHandler text;

    /// <summary>Begins a text, or says that none is needed.</summary>
    public FailureMessage(int literalLength, int formattedCount, bool condition, out bool isNeeded)
    {
        isNeeded = !condition;
        text = isNeeded ? new DefaultInterpolatedStringHandler(literalLength, formattedCount) : default;
    }

    /// <summary>Appends what stands between the values.</summary>
    public void AppendLiteral(string value) => text.AppendLiteral(value);

    /// <summary>Appends a value.</summary>
    public void AppendFormatted<T>(T value) => text.AppendFormatted(value);

    /// <summary>Appends a value in a format.</summary>
    public void AppendFormatted<T>(T value, string? format) => text.AppendFormatted(value, format);

    internal string ToStringAndClear() => text.ToStringAndClear();
}
