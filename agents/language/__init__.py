"""Language models as agents: prompts, menus of commands, voting, and what runs the model."""

from .language_agent import LanguageAgent, Usage, open_language_agent
from .menu import Menu
from .prompt import PROMPTS, Prompt
from .settings import Settings, read_name
from .voting import first_of

__all__ = [
    "PROMPTS",
    "LanguageAgent",
    "Menu",
    "Prompt",
    "Settings",
    "Usage",
    "first_of",
    "open_language_agent",
    "read_name",
]
