using NetArchTest.Rules;

namespace Galvani.Architecture.Tests;

/// <summary>The edges inside the library: which namespace may know which (docs/architecture.md).</summary>
public sealed class NamespacesTests
{
    [Theory]
    [InlineData("Galvani.Embeddings", new[] { "Galvani.Checkpoints", "Galvani.Text", "Galvani.Models" })]
    [InlineData("Galvani.Generation", new[] { "Galvani.Checkpoints", "Galvani.Text", "Galvani.Models", "Galvani.Embeddings" })]
    [InlineData("Galvani.VocabularyMaps", new[] { "Galvani.Models", "Galvani.Generation", "Galvani.Embeddings" })]
    public void Namespace_OfTheLibrary_KnowsOnlyWhatItMay(string name, string[] forbidden)
    {
        var result = Types.InAssembly(typeof(NmtModel).Assembly).That().ResideInNamespace(name).ShouldNot().HaveDependencyOnAny(forbidden).GetResult();
        Assert.True(result.IsSuccessful, $"{name} must not know {string.Join(", ", forbidden)}: {string.Join(", ", result.FailingTypeNames ?? [])}");
    }

    [Fact]
    public void Models_NeverSeeTheFacade()
    {
        var facade = typeof(NmtModel).Assembly.GetTypes().Where(type => type.Namespace == "Galvani" && type.IsPublic).Select(type => type.FullName!).ToArray();
        Assert.NotEmpty(facade);
        var result = Types.InAssembly(typeof(NmtModel).Assembly).That().ResideInNamespaceStartingWith("Galvani.Models").ShouldNot().HaveDependencyOnAny(facade).GetResult();
        Assert.True(result.IsSuccessful, string.Join(", ", result.FailingTypeNames ?? []));
    }
}
